/* SPDX-License-Identifier: MIT */
/* Pictures that have been read, by the names of their classes and files. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdbool.h>

#include "../buffer.h"

/* The positions of its names in the texts, and the number of its image among those read. */
struct sample {
    size_t class_name, file_name, image;
};

/* By class and file name. */
void samples_sort(const char *texts, size_t n, struct sample *samples);
/* Whether both have the same names. */
bool samples_are_equal(const char *texts, const struct sample *a, const struct sample *b);
/* CLASS/FILE of each, or with is_flat only FILE; lives as long as the host. */
synrl_status samples_name(const synrl_host *host, const char *texts, size_t n,
                          const struct sample *samples, bool is_flat, const char *const **names);

#endif
