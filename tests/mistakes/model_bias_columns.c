/* SPDX-License-Identifier: MIT */
/* A bias of two columns. */
#define BIAS \
    { .name = "b", .n_rows = 1, .n_columns = 2, .layer = 1, .is_bias = true }
#include "model.h"
