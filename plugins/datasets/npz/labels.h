/* SPDX-License-Identifier: MIT */
/* Labels in an array: numbers, truths, signs, words, or one-hot. */
#ifndef NPZ_LABELS_H
#define NPZ_LABELS_H

#include <synrl/dataset.h>

#include "array.h"

/* Sets labels and classes of the data. `first`: the number of the first class. */
synrl_status labels_take(const struct array *array, const char *classes, int64_t first,
                         synrl_data *data);

#endif
