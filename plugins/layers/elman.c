/* SPDX-License-Identifier: MIT */
/* Elman layer: units that see the step and what they themselves gave in the step before.
 *
 *     h_t = f(W x_t + U h_{t-1} + b),  h_0 = 0;  y = h of the last step, or of all
 *
 * Elman, "Finding structure in time", 1990. */
#include "recurrent.h"

struct config {
    int64_t units;
    const synrl_activation *activation;
    bool sequence;
};

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    const struct config *c = config;
    struct recurrent *r = self;
    const size_t n = (size_t)c->units;
    SYNRL_TRY(recurrent_add(host, r, "", n, n, c->activation, layer));
    layer->out = (synrl_layer_shape){c->sequence ? r->steps.n : 1, 1, 1, n};
    layer->scratch = (r->steps.n + 3) * n * SYNRL_LANES; /* every h; two slopes of it; z */
    return SYNRL_OK;
}

/* Every h_t, in `all`. */
static void run(const synrl_host *host, const struct recurrent *r, const synrl_pass *pass,
                const float *x, float *all) {
    const size_t n = r->units.n_to * SYNRL_LANES;
    for (size_t t = 0; t < r->steps.n; t++) {
        recurrent_step(host, r, pass, t, x, t > 0 ? all + (t - 1) * n : NULL, r->units.activation,
                       all + t * n);
    }
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct recurrent *r = self;
    const size_t n = r->units.n_to * SYNRL_LANES;
    float *all = ((const struct config *)config)->sequence ? y : pass->layer_scratch;
    run(host, r, pass, x, all);
    if (all != y) {
        memcpy(y, all + (r->steps.n - 1) * n, n * sizeof *y);
    }
}

static synrl_status prepare_backward(const synrl_host *host, const void *config, void *self) {
    return check_derivative(host, ((const struct config *)config)->activation);
}

/* Through time, from the last step to the first. */
static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    const struct recurrent *r = self;
    const bool is_sequence = ((const struct config *)config)->sequence;
    const bool reads_inputs = synrl_tensor_at(s->pass->layout, r->units.weight)->reads_inputs;
    const size_t n = r->units.n_to * SYNRL_LANES;
    float *all = s->pass->layer_scratch, *z = all + r->steps.n * n;
    float *slopes[] = {z + n, z + 2 * n}; /* of h_t and h_{t-1}, in turn */
    run(host, r, s->pass, reads_inputs ? NULL : s->x, all);
    if (s->slope_x != NULL) {
        memset(s->slope_x, 0, r->steps.n * r->steps.n_features * SYNRL_LANES * sizeof(float));
    }
    memset(slopes[r->steps.n % 2], 0, n * sizeof(float));
    for (size_t t = r->steps.n; t-- > 0;) {
        float *slope = slopes[(t + 1) % 2], *before = slopes[t % 2];
        for (size_t i = 0; i < n && (is_sequence || t + 1 == r->steps.n); i++) {
            slope[i] += s->slope_y[is_sequence ? t * n + i : i];
        }
        memset(before, 0, n * sizeof *before);
        recurrent_back(host, r, s, t, t > 0 ? all + (t - 1) * n : NULL, all + t * n, slope, before,
                       z);
    }
}

static const synrl_param params[] = {
    SYNRL_INTEGER(units, SYNRL_REQUIRED, 1, 65536, "hidden units"),
    SYNRL_ACTIVATION_PARAM(activation, "tanh", "of the units"),
    SYNRL_BOOLEAN(sequence, "false", "whether every step goes out, or only the last one"),
};

SYNRL_LAYER(elman, "1.0.0", "recurrent units", "Elman 1990", SYNRL_PARAMS(params), struct recurrent,
            .create = create, .forward = forward, .prepare_backward = prepare_backward,
            .backward = backward);
