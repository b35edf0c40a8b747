/* SPDX-License-Identifier: MIT */
/* Dense layer: every value that comes in drives every unit.
 *
 *     y = f(W x + b) */
#include "weighted.h"

struct config {
    int64_t units;
    const synrl_activation *activation;
    struct initial initial;
};

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    const struct config *c = config;
    struct weighted *units = self;
    const size_t n_to = c->units > 0 ? (size_t)c->units : layer->n_targets;
    if (n_to == 0) {
        return host->fail(host, SYNRL_INVALID,
                          "units must be given: the data has neither targets nor classes");
    }
    const synrl_tensor weight = {"weight", n_to, synrl_layer_size(&layer->in),
                                 .reads_inputs = layer->may_read_inputs};
    units->activation = c->activation;
    SYNRL_TRY(weighted_add(units, &c->initial, &weight, layer));
    layer->out = (synrl_layer_shape){1, 1, 1, n_to};
    layer->scratch = weighted_scratch(units);
    return SYNRL_OK;
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct weighted *units = self;
    const synrl_source source = {units->weight, 0, x};
    host->engine->units(pass, 1, &source, units->bias, units->activation, y);
}

static synrl_status initial(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, uint64_t seed, float *weights) {
    const struct config *c = config;
    weighted_draw(host, self, &c->initial, layout, seed, weights);
    return SYNRL_OK;
}

static synrl_status prepare_backward(const synrl_host *host, const void *config, void *self) {
    return check_derivative(host, ((const struct config *)config)->activation);
}

static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    weighted_back(host, self, s, 0, s->x, s->y, s->slope_y, s->slope_x, s->pass->layer_scratch);
}

static const synrl_param params[] = {
    SYNRL_INTEGER(units, SYNRL_OPTIONAL, 1, 16777216.0,
                  "outputs; without: as many as the data has targets or classes"),
    SYNRL_ACTIVATION_PARAM(activation, "identity", "of the units"),
    INITIAL_ROWS("1", "uniform"),
};

SYNRL_LAYER(dense, "1.0.0", "every value drives every unit", "y = f(W x + b)", SYNRL_PARAMS(params),
            struct weighted, .create = create, .forward = forward, .initial = initial,
            .prepare_backward = prepare_backward, .backward = backward);
