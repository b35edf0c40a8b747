/* SPDX-License-Identifier: MIT */
/* Layer normalisation, without weights: each sample's values get the mean 0 and the variance 1.
 *
 *     y = (x - mean) / sqrt(variance + epsilon),  over all values of the sample
 *
 * Sums run in the order of the values. Ba, Kiros and Hinton, "Layer normalization", 2016. */
#include <math.h>
#include <string.h>
#include <synrl/layer.h>

struct config {
    double epsilon;
};

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    *(size_t *)self = synrl_layer_size(&layer->in);
    return SYNRL_OK;
}

/* mean[lane] = mean over the n values of a * b; b NULL: of a. */
static void mean_of(size_t n, const float *a, const float *b, float *mean) {
    memset(mean, 0, SYNRL_LANES * sizeof *mean);
    for (size_t i = 0; i < n; i++) {
        for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
            const size_t at = i * SYNRL_LANES + lane;
            mean[lane] += b != NULL ? a[at] * b[at] : a[at];
        }
    }
    for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
        mean[lane] /= (float)n;
    }
}

static void deviation_of(const struct config *c, const float *variance, float *deviation) {
    for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
        deviation[lane] = sqrtf(variance[lane] + (float)c->epsilon);
    }
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const size_t n = *(const size_t *)self;
    float mean[SYNRL_LANES], deviation[SYNRL_LANES];
    mean_of(n, x, NULL, mean);
    for (size_t i = 0; i < n * SYNRL_LANES; i++) {
        y[i] = x[i] - mean[i % SYNRL_LANES];
    }
    mean_of(n, y, y, deviation);
    deviation_of(config, deviation, deviation);
    for (size_t i = 0; i < n * SYNRL_LANES; i++) {
        y[i] /= deviation[i % SYNRL_LANES];
    }
}

/* dx = (dy - mean(dy) - y mean(dy y)) / deviation */
static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    const size_t n = *(const size_t *)self;
    float mean[SYNRL_LANES], along[SYNRL_LANES], deviation[SYNRL_LANES];
    if (s->slope_x == NULL) {
        return;
    }
    mean_of(n, s->x, NULL, mean);
    for (size_t i = 0; i < n * SYNRL_LANES; i++) {
        s->slope_x[i] = s->x[i] - mean[i % SYNRL_LANES];
    }
    mean_of(n, s->slope_x, s->slope_x, deviation);
    deviation_of(config, deviation, deviation);
    mean_of(n, s->slope_y, NULL, mean);
    mean_of(n, s->slope_y, s->y, along);
    for (size_t i = 0; i < n * SYNRL_LANES; i++) {
        const size_t lane = i % SYNRL_LANES;
        s->slope_x[i] = (s->slope_y[i] - mean[lane] - s->y[i] * along[lane]) / deviation[lane];
    }
}

static const synrl_param params[] = {
    SYNRL_NUMBER(epsilon, "1e-5", 1e-30, 1e30, "added to the variance"),
};

SYNRL_LAYER(normalise, "1.0.0", "mean 0 and variance 1 in each sample", "Ba et al. 2016",
            SYNRL_PARAMS(params), size_t, .create = create, .forward = forward,
            .backward = backward);
