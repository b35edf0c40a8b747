/* SPDX-License-Identifier: MIT */
/* Data sets by a plugin, for the harnesses of their files. */
#ifndef LOADING_H
#define LOADING_H

#include "fuzz/guided/frame.h"
#include "train/dataset.h"

/* The locale of archives' names, which the system would else read from its files for each. */
void loading_prepare_archives(struct frame *frame);
/* Releases what the following have made: at the end of a harness. */
void loading_clear(struct frame *frame);

/* A component of these parameters, made once for each c: the byte that chooses them, since making
 * one is not what is tried. What does not load must be refused by name. */
void load(struct frame *frame, uint8_t c, const char *id, size_t n,
          const struct named_value *values);
/* The same; NULL where it is refused. To be released. */
struct dataset *load_kept(struct frame *frame, uint8_t c, const char *id, size_t n,
                          const struct named_value *values);
/* By parameters that no file makes good, so once for each c. */
void refuse(struct frame *frame, uint8_t c, const char *id, size_t n,
            const struct named_value *values);

/* In what two data sets differ, or NULL. */
const char *data_difference(const synrl_data *a, const synrl_data *b);

#endif
