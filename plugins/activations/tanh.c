/* SPDX-License-Identifier: MIT */
/* y = tanh x; slope 1 - y^2. */
#include <synrl/activation.h>

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    host->math->tanh(n, x, y);
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    for (size_t i = 0; i < n; i++) {
        slope[i] = 1.0F - y[i] * y[i];
    }
}

SYNRL_ACTIVATION(tanh, "1.0.0", "hyperbolic tangent", "y = tanh x", SYNRL_NO_PARAMS, .apply = apply,
                 .derivative = derivative);
