/* SPDX-License-Identifier: MIT */
/* A tensor named like a path. */
#define BIAS \
    { .name = "../../etc/x", .n_rows = 1, .n_columns = 1, .layer = 1, .is_bias = true }
#include "model.h"
