/* SPDX-License-Identifier: MIT */
/* Reads more inputs than there are. */
#define WEIGHT \
    { .name = "w", .n_rows = 1, .n_columns = shape->n_inputs + 7, .layer = 1, .reads_inputs = true }
#include "model.h"
