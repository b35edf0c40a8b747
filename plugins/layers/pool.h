/* SPDX-License-Identifier: MIT */
/* What pooling layers share: windows without padding, whose stride is their own size unless it is
 * given. The config has `kernel` and `stride`. */
#ifndef POOL_H
#define POOL_H

#include "slide.h"

struct config {
    synrl_integers kernel, stride;
};

static const synrl_param params[] = {
    SYNRL_INTEGERS(kernel, "2", 1, 65536, "pixels of a window: one number, or {height, width}"),
    SYNRL_INTEGERS(stride, SYNRL_OPTIONAL, 1, 65536,
                   "from one window to the next: one number or two; without: the window's size"),
};

static inline synrl_status pool_create(const synrl_host *host, const struct config *c,
                                       struct slide *slide, synrl_layer_builder *layer) {
    static const size_t none[2] = {0, 0};
    size_t kernel[2] = {0}, stride[2] = {0};
    SYNRL_TRY(pair_of(host, "kernel", &c->kernel, none, kernel));
    SYNRL_TRY(pair_of(host, "stride", &c->stride, kernel, stride));
    *slide = (struct slide){.kernel_height = kernel[0],
                            .kernel_width = kernel[1],
                            .stride_height = stride[0],
                            .stride_width = stride[1]};
    return slide_place(slide, host, layer, layer->in.n_channels);
}

#endif
