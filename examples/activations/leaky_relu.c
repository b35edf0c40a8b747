/* SPDX-License-Identifier: MIT */
/* Example of an activation: a rectified linear unit that leaks, by a parameter.
 *
 *     y = x where x > 0, else slope x
 *
 * Build it, and use it from a script:
 *
 *     cc -O2 -ffp-contract=off -shared -fPIC $(pkg-config --cflags synrl) \
 *         leaky_relu.c -o leaky_relu.so
 *     activation = synrl.activation("leaky_relu", { slope = 0.1 })
 *
 * Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013. */
#include <synrl/activation.h>

/* 1. Parameters: the fields of a struct, and a row for each. */
struct config {
    double slope;
};
static const synrl_param params[] = {SYNRL_NUMBER(slope, "0.01", 0, 1, "slope where x < 0")};

/* 2. apply: a plain loop, which the compiler vectorises. y may be x; a NaN stays a NaN. */
static void apply(const synrl_host *host, const void *config, size_t n, const float *x, float *y) {
    const float leak = (float)((const struct config *)config)->slope;
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] > 0.0F ? x[i] : leak * x[i];
    }
}

/* 3. derivative, where there is one: for rules that ask for gradients. slope may be x or y. */
static void derivative(const synrl_host *host, const void *config, size_t n, const float *x,
                       const float *y, float *slope) {
    const float leak = (float)((const struct config *)config)->slope;
    for (size_t i = 0; i < n; i++) {
        slope[i] = x[i] > 0.0F ? 1.0F : leak;
    }
}

/* 4. The entry: id, which is also the name of the file; version, summary, source, parameters. */
SYNRL_ACTIVATION(leaky_relu, "1.0.0", "rectified linear unit with a slope below 0",
                 "y = max(x, slope x); Maas, Hannun and Ng 2013", SYNRL_PARAMS(params),
                 .apply = apply, .derivative = derivative);
