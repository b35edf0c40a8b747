/* SPDX-License-Identifier: MIT */
/* Two tensors of one name. */
#define BIAS \
    { .name = "w", .n_rows = 1, .n_columns = 1, .layer = 1, .is_bias = true }
#include "model.h"
