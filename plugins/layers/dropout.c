/* SPDX-License-Identifier: MIT */
/* Dropout: while a network is trained, each value is 0 with probability `rate`, and the others are
 * made larger by as much as keeps their mean. Which ones, depends on (seed, iteration, sample,
 * value) only: all passes of an iteration drop the same. Srivastava et al. 2014. */
#include <string.h>
#include <synrl/layer.h>

struct config {
    double rate;
};

struct dropout {
    size_t n, number;
};

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    struct dropout *d = self;
    d->n = synrl_layer_size(&layer->in);
    d->number = layer->number;
    layer->is_random = true;
    layer->scratch = d->n * SYNRL_LANES;
    return SYNRL_OK;
}

/* to = from, less what is dropped. */
static void drop(const synrl_host *host, const struct config *c, const struct dropout *d,
                 const synrl_pass *pass, const float *from, float *to) {
    const size_t n = d->n * SYNRL_LANES;
    const float rate = (float)c->rate, scale = (float)(1.0 / (1.0 - c->rate));
    float *drawn = pass->layer_scratch;
    if (!pass->is_training) {
        memcpy(to, from, n * sizeof *to);
        return;
    }
    host->random->uniform(synrl_layer_stream(pass, d->number), (uint64_t)pass->block * n, n, 0.0F,
                          1.0F, drawn);
    for (size_t i = 0; i < n; i++) {
        to[i] = drawn[i] < rate ? 0.0F : from[i] * scale;
    }
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    drop(host, config, self, pass, x, y);
}

static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    if (s->slope_x != NULL) {
        drop(host, config, self, s->pass, s->slope_y, s->slope_x);
    }
}

static const synrl_param params[] = {
    SYNRL_NUMBER(rate, "0.5", 0, 0.99, "probability that a value is 0"),
};

SYNRL_LAYER(dropout, "1.0.0", "values that are 0 by chance, while training",
            "Srivastava et al. 2014", SYNRL_PARAMS(params), struct dropout, .create = create,
            .forward = forward, .backward = backward);
