/* SPDX-License-Identifier: MIT */
/* y = max(0, x); slope 1 where x > 0, else 0 (at 0 too). A NaN stays a NaN: it must not pass for a
 * quiet unit. */
#include <synrl/activation.h>

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
#if !defined(__clang__)
#pragma GCC unroll 4 /* half the time; clang does so by itself */
#endif
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] < 0.0F ? 0.0F : x[i];
    }
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    for (size_t i = 0; i < n; i++) {
        slope[i] = x[i] > 0.0F ? 1.0F : 0.0F;
    }
}

SYNRL_ACTIVATION(relu, "1.0.0", "rectified linear unit", "y = max(0, x)", SYNRL_NO_PARAMS,
                 .apply = apply, .derivative = derivative);
