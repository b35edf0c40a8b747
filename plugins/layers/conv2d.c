/* SPDX-License-Identifier: MIT */
/* Convolution: filters that slide over a picture, or over the steps of a sequence.
 *
 *     y[p][f] = a(K[f] x[window p] + b[f])
 *
 * A tensor of filters drives units at every window. As the first layer, and without padding, it
 * reads windows of the batch, whose sums the engine keeps up to date. */
#include "slide.h"
#include "weighted.h"

struct config {
    int64_t filters;
    synrl_integers kernel, stride, padding;
    const synrl_activation *activation;
    struct initial initial;
};

struct conv2d {
    struct weighted units; /* of one window */
    struct slide slide;
    bool reads_inputs;
};

static synrl_status read_sizes(const synrl_host *host, const struct config *c,
                               struct slide *slide) {
    static const size_t none[2] = {0, 0};
    size_t kernel[2] = {0}, stride[2] = {0}, padding[2] = {0};
    SYNRL_TRY(pair_of(host, "kernel", &c->kernel, none, kernel));
    SYNRL_TRY(pair_of(host, "stride", &c->stride, none, stride));
    SYNRL_TRY(pair_of(host, "padding", &c->padding, none, padding));
    *slide = (struct slide){.kernel_height = kernel[0],
                            .kernel_width = kernel[1],
                            .stride_height = stride[0],
                            .stride_width = stride[1],
                            .pad_height = padding[0],
                            .pad_width = padding[1]};
    return SYNRL_OK;
}

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    const struct config *c = config;
    struct conv2d *conv = self;
    struct slide *slide = &conv->slide;
    SYNRL_TRY(read_sizes(host, c, slide));
    SYNRL_TRY(slide_place(slide, host, layer, (size_t)c->filters));
    const bool is_padded = slide->pad_height > 0 || slide->pad_width > 0;
    conv->reads_inputs = layer->may_read_inputs && !is_padded;
    synrl_tensor weight = {"weight", (size_t)c->filters,
                           slide->kernel_height * slide->kernel_width * slide->channels,
                           .reads_inputs = conv->reads_inputs, .n_positions = slide_count(slide)};
    if (conv->reads_inputs) {
        weight.window = (synrl_window){
            slide->height,       slide->width,         slide->channels,    slide->kernel_height,
            slide->kernel_width, slide->stride_height, slide->stride_width};
    }
    conv->units.activation = c->activation;
    SYNRL_TRY(weighted_add(&conv->units, &c->initial, &weight, layer));
    layer->scratch = 2 * conv->units.n_from * SYNRL_LANES + weighted_scratch(&conv->units);
    return SYNRL_OK;
}

/* The values of window p, zeros where it is padding. */
static void take_window(const struct slide *slide, size_t p, const float *x, float *window) {
    const size_t n = slide->channels * SYNRL_LANES;
    for (size_t row = 0; row < slide->kernel_height; row++) {
        for (size_t column = 0; column < slide->kernel_width; column++, window += n) {
            const size_t at = slide_at(slide, p, row, column);
            if (at == SIZE_MAX) {
                memset(window, 0, n * sizeof *window);
            } else {
                memcpy(window, x + at, n * sizeof *window);
            }
        }
    }
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct conv2d *conv = self;
    const struct weighted *units = &conv->units;
    float *window = pass->layer_scratch;
    for (size_t p = 0; p < slide_count(&conv->slide); p++) {
        if (!conv->reads_inputs) {
            take_window(&conv->slide, p, x, window);
        }
        const synrl_source source = {units->weight, p, conv->reads_inputs ? NULL : window};
        host->engine->units(pass, 1, &source, units->bias, units->activation,
                            y + p * units->n_to * SYNRL_LANES);
    }
}

static synrl_status initial(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, uint64_t seed, float *weights) {
    const struct config *c = config;
    weighted_draw(host, &((struct conv2d *)self)->units, &c->initial, layout, seed, weights);
    return SYNRL_OK;
}

static synrl_status prepare_backward(const synrl_host *host, const void *config, void *self) {
    return check_derivative(host, ((const struct config *)config)->activation);
}

/* Adds the slope of window p to that of the picture. */
static void add_window(const struct slide *slide, size_t p, const float *window, float *slope_x) {
    const size_t n = slide->channels * SYNRL_LANES;
    for (size_t row = 0; row < slide->kernel_height; row++) {
        for (size_t column = 0; column < slide->kernel_width; column++, window += n) {
            const size_t at = slide_at(slide, p, row, column);
            for (size_t i = 0; at != SIZE_MAX && i < n; i++) {
                slope_x[at + i] += window[i];
            }
        }
    }
}

static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    const struct conv2d *conv = self;
    const struct slide *slide = &conv->slide;
    const size_t n_from = conv->units.n_from * SYNRL_LANES, n_to = conv->units.n_to * SYNRL_LANES;
    float *window = s->pass->layer_scratch, *slope = window + n_from, *scratch = slope + n_from;
    if (s->slope_x != NULL) {
        memset(s->slope_x, 0,
               slide->height * slide->width * slide->channels * SYNRL_LANES * sizeof(float));
    }
    for (size_t p = 0; p < slide_count(slide); p++) {
        take_window(slide, p, s->x, window);
        weighted_back(host, &conv->units, s, p, window, s->y + p * n_to, s->slope_y + p * n_to,
                      s->slope_x != NULL ? slope : NULL, scratch);
        if (s->slope_x != NULL) {
            add_window(slide, p, slope, s->slope_x);
        }
    }
}

static const synrl_param params[] = {
    SYNRL_INTEGER(filters, SYNRL_REQUIRED, 1, 65536, "channels that go out"),
    SYNRL_INTEGERS(kernel, "3", 1, 65536, "pixels of a filter: one number, or {height, width}"),
    SYNRL_INTEGERS(stride, "1", 1, 65536, "from one window to the next: one number or two"),
    SYNRL_INTEGERS(padding, "0", 0, 65536, "zeros around the picture: one number or two"),
    SYNRL_ACTIVATION_PARAM(activation, "identity", "of the units"),
    INITIAL_ROWS("1", "fan_in"),
};

SYNRL_LAYER(conv2d, "1.0.0", "filters that slide over a picture or a sequence", "LeCun et al. 1989",
            SYNRL_PARAMS(params), struct conv2d, .create = create, .forward = forward,
            .initial = initial, .prepare_backward = prepare_backward, .backward = backward);
