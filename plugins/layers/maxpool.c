/* SPDX-License-Identifier: MIT */
/* Pooling by the maximum: of each channel the largest value of a window. */
#include "pool.h"

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    layer->scratch = layer->in.n_channels * SYNRL_LANES;
    return pool_create(host, config, self, layer);
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct slide *slide = self;
    const size_t n = slide->channels * SYNRL_LANES;
    for (size_t p = 0; p < slide_count(slide); p++, y += n) {
        memcpy(y, x + slide_at(slide, p, 0, 0), n * sizeof *y);
        for (size_t k = 1; k < slide->kernel_height * slide->kernel_width; k++) {
            const float *from =
                x + slide_at(slide, p, k / slide->kernel_width, k % slide->kernel_width);
            for (size_t i = 0; i < n; i++) {
                y[i] = from[i] > y[i] ? from[i] : y[i];
            }
        }
    }
}

/* The slope goes to the first of the largest values. */
static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    const struct slide *slide = self;
    const size_t n = slide->channels * SYNRL_LANES;
    float *left = s->pass->layer_scratch; /* of a window, until it has a place */
    if (s->slope_x == NULL) {
        return;
    }
    memset(s->slope_x, 0, slide->height * slide->width * n * sizeof *s->slope_x);
    for (size_t p = 0; p < slide_count(slide); p++) {
        memcpy(left, s->slope_y + p * n, n * sizeof *left);
        for (size_t k = 0; k < slide->kernel_height * slide->kernel_width; k++) {
            const size_t at = slide_at(slide, p, k / slide->kernel_width, k % slide->kernel_width);
            for (size_t i = 0; i < n; i++) {
                const bool is_largest = s->x[at + i] >= s->y[p * n + i];
                s->slope_x[at + i] += is_largest ? left[i] : 0.0F;
                left[i] = is_largest ? 0.0F : left[i];
            }
        }
    }
}

SYNRL_LAYER(maxpool, "1.0.0", "largest value of each window", "y = max over the window",
            SYNRL_PARAMS(params), struct slide, .create = create, .forward = forward,
            .backward = backward);
