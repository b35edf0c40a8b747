/* SPDX-License-Identifier: MIT */
/* y = sin x; slope cos x. */
#include <synrl/activation.h>

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    host->math->sin(n, x, y);
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    host->math->cos(n, x, slope);
}

SYNRL_ACTIVATION(sin, "1.0.0", "sine", "y = sin x", SYNRL_NO_PARAMS, .apply = apply,
                 .derivative = derivative);
