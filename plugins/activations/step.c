/* SPDX-License-Identifier: MIT */
/* y = 1 where x > 0, else 0. It has no derivative, which is what it is here for. */
#include <synrl/activation.h>

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] > 0.0F ? 1.0F : 0.0F;
    }
}

SYNRL_ACTIVATION(step, "1.0.0", "Heaviside step, without a derivative", "y = [x > 0]",
                 SYNRL_NO_PARAMS, .apply = apply);
