/* SPDX-License-Identifier: MIT */
/* Pooling by the mean: of each channel the mean of a window, added up row by row. */
#include "pool.h"

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    return pool_create(host, config, self, layer);
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct slide *slide = self;
    const size_t n = slide->channels * SYNRL_LANES;
    const size_t n_pixels = slide->kernel_height * slide->kernel_width;
    for (size_t p = 0; p < slide_count(slide); p++, y += n) {
        memset(y, 0, n * sizeof *y);
        for (size_t k = 0; k < n_pixels; k++) {
            const float *from =
                x + slide_at(slide, p, k / slide->kernel_width, k % slide->kernel_width);
            for (size_t i = 0; i < n; i++) {
                y[i] += from[i];
            }
        }
        for (size_t i = 0; i < n; i++) {
            y[i] /= (float)n_pixels;
        }
    }
}

static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    const struct slide *slide = self;
    const size_t n = slide->channels * SYNRL_LANES;
    const size_t n_pixels = slide->kernel_height * slide->kernel_width;
    if (s->slope_x == NULL) {
        return;
    }
    memset(s->slope_x, 0, slide->height * slide->width * n * sizeof *s->slope_x);
    for (size_t p = 0; p < slide_count(slide); p++) {
        for (size_t k = 0; k < n_pixels; k++) {
            float *to =
                s->slope_x + slide_at(slide, p, k / slide->kernel_width, k % slide->kernel_width);
            for (size_t i = 0; i < n; i++) {
                to[i] += s->slope_y[p * n + i] / (float)n_pixels;
            }
        }
    }
}

SYNRL_LAYER(avgpool, "1.0.0", "mean of each window", "y = mean over the window",
            SYNRL_PARAMS(params), struct slide, .create = create, .forward = forward,
            .backward = backward);
