/* SPDX-License-Identifier: MIT */
/* A tensor without a name. */
#define WEIGHT \
    { .n_rows = 1, .n_columns = shape->n_inputs, .layer = 1, .reads_inputs = true }
#include "model.h"
