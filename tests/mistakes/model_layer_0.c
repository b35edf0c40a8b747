/* SPDX-License-Identifier: MIT */
/* Counts layers from 0. */
#define WEIGHT \
    { .name = "w", .n_rows = 1, .n_columns = shape->n_inputs, .reads_inputs = true }
#include "model.h"
