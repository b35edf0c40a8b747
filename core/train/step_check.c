/* SPDX-License-Identifier: MIT */
#include "train/step_check.h"

#include <math.h>

synrl_status step_check_actions(struct core *core, const synrl_layout *layout,
                                const int8_t *actions) {
    const size_t n = layout->n_synapses;
    if (actions == NULL) {
        return core_fail(core, SYNRL_INVALID, "the actions are NULL");
    }
    unsigned char is_bad = 0;
    for (size_t i = 0; i < n; i++) { /* no branch: the compiler makes vectors of it */
        is_bad |= (unsigned char)(actions[i] + 1) > 2;
    }
    for (size_t i = 0; is_bad != 0 && i < n; i++) {
        if (actions[i] < -1 || actions[i] > 1) {
            return core_fail(core, SYNRL_INVALID,
                             "the action of synapse %zu is %d: must be -1, 0 or 1", i, actions[i]);
        }
    }
    return SYNRL_OK;
}

static synrl_status check_factors(struct core *core, const char *name, size_t n,
                                  const int8_t *factors) {
    if (factors == NULL) {
        return core_fail(core, SYNRL_INVALID, "%s is NULL: must be %zu actions", name, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (factors[i] < -1 || factors[i] > 1) {
            return core_fail(core, SYNRL_INVALID, "%s[%zu] of %zu is %d: must be -1, 0 or 1", name,
                             i, n, factors[i]);
        }
    }
    return SYNRL_OK;
}

synrl_status step_check_rank_one(struct core *core, const synrl_layout *layout, const int8_t *u,
                                 const int8_t *v) {
    size_t n_u, n_v;
    synrl_rank_one_sizes(layout, &n_u, &n_v);
    SYNRL_TRY(check_factors(core, "u", n_u, u));
    return check_factors(core, "v", n_v, v);
}

void step_expand_rank_one(const synrl_layout *layout, const int8_t *u, const int8_t *v,
                          int8_t *actions) {
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        for (size_t i = 0; i < tensor->n_rows; i++) {
            for (size_t j = 0; j < tensor->n_columns; j++) {
                *actions++ = tensor->is_bias ? u[i] : (int8_t)(u[i] * v[j]);
            }
        }
        u += tensor->n_rows;
        v += tensor->is_bias ? 0 : tensor->n_columns;
    }
}

synrl_status step_check_alpha(struct core *core, double alpha, double bias_scale) {
    if (!((float)alpha > 0.0F && isfinite((float)alpha))) {
        return core_fail(core, SYNRL_INVALID,
                         "a step of alpha = %g: must be a float greater than 0", alpha);
    }
    if (!(bias_scale >= 0.0 && isfinite((float)bias_scale))) {
        return core_fail(core, SYNRL_INVALID, "a step with bias_scale = %g: must be at least 0",
                         bias_scale);
    }
    if (!isfinite((float)bias_scale * (float)alpha)) {
        return core_fail(core, SYNRL_INVALID,
                         "a step of alpha = %g with bias_scale = %g: their product must be a float",
                         alpha, bias_scale);
    }
    return SYNRL_OK;
}

synrl_status step_alphas_uniform(struct core *core, const synrl_layout *layout, double alpha,
                                 double bias_scale, float *alphas) {
    SYNRL_TRY(step_check_alpha(core, alpha, bias_scale));
    for (size_t t = 0; t < layout->n_tensors; t++) {
        alphas[t] = layout->tensors[t].is_bias ? (float)bias_scale * (float)alpha : (float)alpha;
    }
    return SYNRL_OK;
}

synrl_status step_alphas_of_tensors(struct core *core, const synrl_layout *layout,
                                    const double *given, float *alphas) {
    if (given == NULL) {
        return core_fail(core, SYNRL_INVALID, "the step sizes are NULL");
    }
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const float alpha = (float)given[t];
        if (!(alpha >= 0.0F && isfinite(alpha)) || (given[t] > 0.0 && !(alpha > 0.0F))) {
            return core_fail(core, SYNRL_INVALID,
                             "a step of alpha = %g for tensor \"%s\": must be a float, at least 0",
                             given[t], layout->tensors[t].name);
        }
        alphas[t] = alpha;
    }
    return SYNRL_OK;
}
