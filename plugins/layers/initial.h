/* SPDX-License-Identifier: MIT */
/* How the weights of a layer begin, and whether it has biases: parameters of models and layers.
 *
 *     static const synrl_param params[] = { ..., INITIAL_ROWS("1", "uniform"), ... };
 *
 * for a config with the field `struct initial initial`. */
#ifndef INITIAL_H
#define INITIAL_H

#include <math.h>
#include <synrl/model.h>

#define INITIAL_MAX 1e30 /* the width of what is drawn, twice this, is still a float */

enum distribution { UNIFORM, GLOROT, GLOROT_PUBLISHED, FAN_IN };

struct initial {
    double init, bias_init;
    int32_t distribution;
    bool bias;
};

#define INITIAL_ROWS(init_, distribution_)                                                         \
    SYNRL_ROW_NAMED("init", initial.init, SYNRL_PARAM_NUMBER, double, init_, 0, INITIAL_MAX, NULL, \
                    "uniform: initial weights are U(-init, init); fan_in: that / sqrt(from)"),     \
        SYNRL_ROW_NAMED("distribution", initial.distribution, SYNRL_PARAM_CHOICE, int32_t,         \
                        distribution_, 0, 0, "uniform|glorot|glorot_published|fan_in",             \
                        "of initial weights; glorot: N(0, variance 2/(from+to)); "                 \
                        "glorot_published: that as the standard deviation, as in the authors' "    \
                        "code"),                                                                   \
        SYNRL_ROW_NAMED("bias", initial.bias, SYNRL_PARAM_BOOLEAN, bool, "true", 0, 0, NULL,       \
                        "whether units have biases"),                                              \
        SYNRL_ROW_NAMED("bias_init", initial.bias_init, SYNRL_PARAM_NUMBER, double, "0", 0,        \
                        INITIAL_MAX, NULL, "initial biases are U(-bias_init, bias_init)")

/* U(-init, init); or that / sqrt(from); or normal with variance 2 / (from + to) (Glorot and Bengio
 * 2010); or, as the authors' code has it, with that number as the standard deviation. Biases:
 * U(-bias_init, bias_init). `number` is the tensor's in the layout. */
static inline void initial_draw(const synrl_host *host, const struct initial *initial,
                                uint64_t seed, const synrl_tensor *tensor, size_t number,
                                float *weights) {
    const size_t n = tensor->n_rows * tensor->n_columns;
    const synrl_stream stream = {
        .seed = seed, .iteration = number, .purpose = SYNRL_PURPOSE_WEIGHTS};
    const int32_t distribution = initial->distribution;
    if (tensor->is_bias || distribution == UNIFORM || distribution == FAN_IN) {
        const double fan_in =
            !tensor->is_bias && distribution == FAN_IN ? (double)tensor->n_columns : 1.0;
        const float width =
            (float)((tensor->is_bias ? initial->bias_init : initial->init) / sqrt(fan_in));
        host->random->uniform(stream, 0, n, -width, width, weights);
        return;
    }
    const double spread = 2.0 / (double)(tensor->n_rows + tensor->n_columns);
    const float deviation = (float)(distribution == GLOROT ? sqrt(spread) : spread);
    host->random->normal(stream, 0, n, weights);
    for (size_t i = 0; i < n; i++) {
        weights[i] *= deviation;
    }
}

#endif
