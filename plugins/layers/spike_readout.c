/* SPDX-License-Identifier: MIT */
/* What a sequence comes to: of each of its values the sum over the steps (the spike count), the
 * mean, the largest (the highest potential), or the last. */
#include <string.h>

#include "steps.h"

struct config {
    int32_t take;
};
enum { COUNT, MEAN, LARGEST, LAST };

struct readout {
    size_t n_steps, n; /* floats of a step */
};

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    struct readout *r = self;
    const struct steps steps = steps_of(&layer->in);
    SYNRL_TRY(steps_check(host, &steps));
    layer->out = (synrl_layer_shape){1, 1, 1, steps.n_features};
    *r = (struct readout){steps.n, steps.n_features * SYNRL_LANES};
    return SYNRL_OK;
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct readout *r = self;
    const int32_t take = ((const struct config *)config)->take;
    memcpy(y, take == LAST ? x + (r->n_steps - 1) * r->n : x, r->n * sizeof *y);
    for (size_t t = 1; t < r->n_steps && take != LAST; t++) {
        for (size_t i = 0; i < r->n; i++) {
            const float value = x[t * r->n + i];
            y[i] = take != LARGEST ? y[i] + value : value > y[i] ? value : y[i];
        }
    }
    for (size_t i = 0; take == MEAN && i < r->n; i++) {
        y[i] /= (float)r->n_steps;
    }
}

/* The slope of the largest goes to the first of them; slope_y is what of it has no place yet. */
static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    const struct readout *r = self;
    const int32_t take = ((const struct config *)config)->take;
    for (size_t t = 0; s->slope_x != NULL && t < r->n_steps; t++) {
        for (size_t i = 0; i < r->n; i++) {
            const size_t at = t * r->n + i;
            const bool is_taken =
                take == LARGEST ? s->x[at] >= s->y[i] : take != LAST || t + 1 == r->n_steps;
            const float slope = is_taken ? s->slope_y[i] : 0.0F;
            s->slope_x[at] = take == MEAN ? slope / (float)r->n_steps : slope;
            s->slope_y[i] = is_taken && take == LARGEST ? 0.0F : s->slope_y[i];
        }
    }
}

static const synrl_param params[] = {
    SYNRL_CHOICE(take, "count", "count|mean|largest|last", "of each value, over the steps"),
};

SYNRL_LAYER(spike_readout, "1.0.0", "what a sequence comes to", "y = sum over steps of x",
            SYNRL_PARAMS(params), struct readout, .create = create, .forward = forward,
            .backward = backward);
