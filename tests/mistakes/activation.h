/* SPDX-License-Identifier: MIT */
/* An activation in which nothing is wrong, y = x / 2. Each activation_*.c defines one thing
 * otherwise; the build defines ID, the name of the file. */
#include <math.h>
#include <stdlib.h>
#include <synrl/activation.h>

#ifndef Y
#define Y x[i] / 2.0F
#endif
#ifndef COUNT
#define COUNT n
#endif
#ifndef BEFORE
#define BEFORE
#endif
#ifndef SLOPE
#define SLOPE 0.5F
#endif
#ifndef MORE
#define MORE .derivative = derivative
#endif

static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    BEFORE;
    for (size_t i = 0; i < COUNT; i++) {
        y[i] = Y;
    }
}

static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    for (size_t i = 0; i < n; i++) {
        slope[i] = SLOPE;
    }
}

SYNRL_ACTIVATION(ID, "1.0.0", "a mistake", "tests/mistakes", SYNRL_NO_PARAMS, .apply = apply, MORE);
