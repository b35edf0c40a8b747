/* Functions of arrays, by the variant in use. SLEEF's cinz_ family gives the same bits in each. */
#include "kernels.h"

#define FUNCTION(name)                                            \
    static void math_##name(size_t n, const float *x, float *y) { \
        kernels_in_use()->name(n, x, y);                          \
    }
FUNCTION(exp)
FUNCTION(log)
FUNCTION(tanh)
FUNCTION(sin)
FUNCTION(cos)

const synrl_math_api math_api = {
    .size = sizeof(synrl_math_api),
    .exp = math_exp,
    .log = math_log,
    .tanh = math_tanh,
    .sin = math_sin,
    .cos = math_cos,
};
