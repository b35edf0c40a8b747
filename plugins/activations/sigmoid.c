/* SPDX-License-Identifier: MIT */
/* y = 1 / (1 + e^-x), computed as e^x / (1 + e^x) where x < 0 so that nothing overflows; slope
 * y (1 - y). */
#include <synrl/activation.h>

enum { CHUNK = 256 };

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    float power[CHUNK]; /* e^-|x| */
    for (size_t first = 0; first < n; first += CHUNK) {
        const size_t size = n - first < CHUNK ? n - first : CHUNK;
        for (size_t i = 0; i < size; i++) {
            power[i] = x[first + i] < 0.0F ? x[first + i] : -x[first + i];
        }
        host->math->exp(size, power, power);
        for (size_t i = 0; i < size; i++) {
            y[first + i] = (x[first + i] < 0.0F ? power[i] : 1.0F) / (1.0F + power[i]);
        }
    }
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    for (size_t i = 0; i < n; i++) {
        slope[i] = y[i] * (1.0F - y[i]);
    }
}

SYNRL_ACTIVATION(sigmoid, "1.0.0", "logistic function", "y = 1 / (1 + e^-x)", SYNRL_NO_PARAMS,
                 .apply = apply, .derivative = derivative);
