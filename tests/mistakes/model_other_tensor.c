/* SPDX-License-Identifier: MIT */
/* The same synapses in the second network, that of the validation data, under another name. */
static int n_made;
#define BIAS \
    { .name = n_made++ > 0 ? "c" : "b", .n_rows = 1, .n_columns = 1, .layer = 1, .is_bias = true }
#include "model.h"
