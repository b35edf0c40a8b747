/* SPDX-License-Identifier: MIT */
/* Windows that slide over a picture, or over the steps of a sequence: the rows of a picture one
 * wide. Values are [height][width][channels][SYNRL_LANES]; windows are numbered row by row. */
#ifndef SLIDE_H
#define SLIDE_H

#include <string.h>
#include <synrl/layer.h>

struct slide {
    size_t height, width, channels;
    size_t kernel_height, kernel_width, stride_height, stride_width, pad_height, pad_width;
    size_t n_down, n_across; /* windows */
};

/* One number stands for two, height and width; left out: `others`. */
static inline synrl_status pair_of(const synrl_host *host, const char *name,
                                   const synrl_integers *given, const size_t others[2],
                                   size_t pair[2]) {
    if (given->items == NULL) {
        memcpy(pair, others, 2 * sizeof *pair);
        return SYNRL_OK;
    }
    if (given->n < 1 || given->n > 2) {
        return host->fail(host, SYNRL_INVALID,
                          "%s has %zu numbers: must be one, or {height, width}", name, given->n);
    }
    pair[0] = (size_t)given->items[0];
    pair[1] = (size_t)given->items[given->n - 1];
    return SYNRL_OK;
}

/* Sets what goes out, with so many channels, from what comes in. */
static inline synrl_status slide_place(struct slide *slide, const synrl_host *host,
                                       synrl_layer_builder *layer, size_t n_channels) {
    const synrl_layer_shape *in = &layer->in;
    const bool is_sequence = in->n_steps > 1 && in->height == 1 && in->width == 1;
    slide->height = is_sequence ? in->n_steps : in->height;
    slide->width = in->width;
    slide->channels = in->n_channels;
    const size_t high = slide->height + 2 * slide->pad_height;
    const size_t wide = slide->width + 2 * slide->pad_width;
    if ((in->n_steps > 1 && !is_sequence) || slide->kernel_height > high ||
        slide->kernel_width > wide) {
        return host->fail(host, SYNRL_INVALID,
                          "windows of %zu x %zu over %zu x %zu x %zu%s (channels, height, width), "
                          "padded by %zu x %zu: must lie inside",
                          slide->kernel_height, slide->kernel_width, slide->channels, slide->height,
                          slide->width, in->n_steps > 1 && !is_sequence ? " of each step" : "",
                          slide->pad_height, slide->pad_width);
    }
    slide->n_down = (high - slide->kernel_height) / slide->stride_height + 1;
    slide->n_across = (wide - slide->kernel_width) / slide->stride_width + 1;
    layer->out = is_sequence ? (synrl_layer_shape){slide->n_down, 1, 1, n_channels}
                             : (synrl_layer_shape){1, slide->n_down, slide->n_across, n_channels};
    return SYNRL_OK;
}

static inline size_t slide_count(const struct slide *slide) {
    return slide->n_down * slide->n_across;
}

/* Where the pixel (row, column) of window p begins; SIZE_MAX: it is padding. */
static inline size_t slide_at(const struct slide *slide, size_t p, size_t row, size_t column) {
    const size_t y = p / slide->n_across * slide->stride_height + row;
    const size_t x = p % slide->n_across * slide->stride_width + column;
    if (y < slide->pad_height || y - slide->pad_height >= slide->height || x < slide->pad_width ||
        x - slide->pad_width >= slide->width) {
        return SIZE_MAX;
    }
    return ((y - slide->pad_height) * slide->width + x - slide->pad_width) * slide->channels *
           SYNRL_LANES;
}

#endif
