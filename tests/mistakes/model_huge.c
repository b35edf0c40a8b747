/* SPDX-License-Identifier: MIT */
/* A tensor of 2^40 synapses. */
#define BIAS \
    { .name = "v", .n_rows = (size_t)1 << 40, .n_columns = 1, .layer = 1 }
#include "model.h"
