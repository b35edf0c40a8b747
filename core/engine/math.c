/* SPDX-License-Identifier: MIT */
/* Functions of arrays, by the variant in use. SLEEF's cinz_ family gives the same bits in all. */
#include "engine/math.h"

#include "engine/isa.h"

#define FUNCTION(name)                                            \
    static void math_##name(size_t n, const float *x, float *y) { \
        kernels_in_use()->name(n, x, y);                          \
    }
FUNCTION(exp)
FUNCTION(log)
FUNCTION(tanh)
FUNCTION(sin)
FUNCTION(cos)

static void math_log_sum_exp(size_t n_rows, const float *x, float *max, float *log_sum) {
    kernels_in_use()->log_sum_exp(n_rows, x, max, log_sum);
}

bool engine_tally(size_t n, const float *terms, float limit, double unit, int128 *sum) {
    return kernels_in_use()->tally(n, terms, limit, unit, sum);
}

const synrl_math_api math_api = {
    .size = sizeof(synrl_math_api),
    .exp = math_exp,
    .log = math_log,
    .tanh = math_tanh,
    .sin = math_sin,
    .cos = math_cos,
    .log_sum_exp = math_log_sum_exp,
};
