/* SPDX-License-Identifier: MIT */
/* y = x; slope 1. */
#include <string.h>
#include <synrl/activation.h>

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    if (y != x) {
        memcpy(y, x, n * sizeof *y);
    }
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    for (size_t i = 0; i < n; i++) {
        slope[i] = 1.0F;
    }
}

SYNRL_ACTIVATION(identity, "1.0.0", "the input itself", "y = x", SYNRL_NO_PARAMS, .apply = apply,
                 .derivative = derivative);
