/* SPDX-License-Identifier: MIT */
/* Where samples are from: files, or lines of one. */
#ifndef DATA_NAMES_H
#define DATA_NAMES_H

#include "train/dataset.h"

/* Such as a file or the number of a line, which goes to `number`; NULL where the data set does not
 * say. */
const char *dataset_sample_name(const struct dataset *dataset, size_t sample, char number[24]);
/* Gives the samples of `to`, which are those of one part after another, the names of these.
 * Numbers of several files say nothing. */
synrl_status data_names_take(struct dataset *to, size_t n_parts,
                             const struct dataset *const *parts);

#endif
