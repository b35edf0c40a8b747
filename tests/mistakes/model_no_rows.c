/* SPDX-License-Identifier: MIT */
/* A tensor of no rows. */
#define WEIGHT \
    { .name = "w", .n_columns = shape->n_inputs, .layer = 1, .reads_inputs = true }
#include "model.h"
