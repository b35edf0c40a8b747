/* SPDX-License-Identifier: MIT */
/* Sequential model: layers one after another, each of the values that the one before it gives.
 *
 *     x_1 = inputs;  x_{l+1} = layer_l(x_l)
 *
 * Layers that only give another shape to their values (flatten) are passed over while it runs. */
#include <stdio.h>
#include <string.h>
#include <synrl/layer.h>

#include "sequential/chain.h"

struct config {
    synrl_integers input;
    synrl_layers layers;
    int64_t seed;
};

/* Making --------------------------------------------------------------------------------------- */

static synrl_layer_shape shape_of_data(const synrl_shape *data) {
    if (data->height > 0) {
        return (synrl_layer_shape){1, data->height, data->width, data->n_channels};
    }
    const size_t n_steps = data->n_steps > 0 ? data->n_steps : 1;
    return (synrl_layer_shape){n_steps, 1, 1, data->n_inputs / n_steps};
}

/* Of one size; steps and features; or channels, height and width. */
static synrl_status shape_of_input(const synrl_host *host, const synrl_integers *input,
                                   synrl_layer_shape *shape) {
    const int64_t *n = input->items;
    if (input->n < 1 || input->n > 3) {
        return host->fail(host, SYNRL_INVALID,
                          "input has %zu sizes: must be {values}, {steps, features} or {channels, "
                          "height, width}",
                          input->n);
    }
    *shape = input->n == 1   ? (synrl_layer_shape){1, 1, 1, (size_t)n[0]}
             : input->n == 2 ? (synrl_layer_shape){(size_t)n[0], 1, 1, (size_t)n[1]}
                             : (synrl_layer_shape){1, (size_t)n[1], (size_t)n[2], (size_t)n[0]};
    return SYNRL_OK;
}

/* "1 x 28 x 28": as input is written. */
static const char *shape_text(const synrl_layer_shape *shape, char text[96]) {
    if (shape->n_steps > 1) {
        snprintf(text, 96, "%zu steps of %zu", shape->n_steps,
                 synrl_layer_size(shape) / shape->n_steps);
    } else if (shape->height * shape->width > 1) {
        snprintf(text, 96, "%zu x %zu x %zu", shape->n_channels, shape->height, shape->width);
    } else {
        snprintf(text, 96, "%zu", shape->n_channels);
    }
    return text;
}

/* As many values, and of the data's own shape where it has one and input gives that many sizes. */
static bool suits(const synrl_layer_shape *given, size_t n_sizes, const synrl_shape *data) {
    const bool is_picture = n_sizes == 3 && data->height > 0;
    const bool is_sequence = n_sizes == 2 && data->n_steps > 0;
    return synrl_layer_size(given) == data->n_inputs &&
           (!is_picture || (given->height == data->height && given->width == data->width &&
                            given->n_channels == data->n_channels)) &&
           (!is_sequence || given->n_steps == data->n_steps);
}

static synrl_status find_shape(const synrl_host *host, const synrl_integers *input,
                               const synrl_shape *data, synrl_layer_shape *shape) {
    const synrl_layer_shape own = shape_of_data(data);
    char given[96], had[96];
    *shape = own;
    if (input->items == NULL) {
        return SYNRL_OK;
    }
    SYNRL_TRY(shape_of_input(host, input, shape));
    return suits(shape, input->n, data)
               ? SYNRL_OK
               : host->fail(host, SYNRL_INVALID, "input is %s: the data's samples are %s",
                            shape_text(shape, given), shape_text(&own, had));
}

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *data, synrl_layout_builder *layout) {
    const struct config *c = config;
    struct chain *chain = self;
    synrl_layer_place place = {.may_read_inputs = true};
    if (c->layers.n == 0) {
        return host->fail(host, SYNRL_INVALID, "layers is empty: must have at least one");
    }
    SYNRL_TRY(find_shape(host, &c->input, data, &place.in));
    SYNRL_TRY(SYNRL_NEW(host, chain->layers, c->layers.n));
    chain->widths[1] = data->n_inputs; /* where the first layer is given its values */
    for (size_t l = 0; l < c->layers.n; l++) {
        const synrl_layer_instance *layer;
        place.layer = c->layers.items[l];
        SYNRL_TRY(layout->add_layer(layout, &place, &layer));
        if (SYNRL_OFFERS(layer->layer->ops, forward)) {
            chain_append(chain, layer);
            place.may_read_inputs = false;
        }
        place.in = layer->out;
    }
    layout->seed = &c->seed;
    layout->n_outputs = synrl_layer_size(&place.in);
    layout->scratch = (chain->widths[0] + chain->widths[1]) * SYNRL_LANES;
    return SYNRL_OK;
}

/* Running -------------------------------------------------------------------------------------- */

/* Layers take turns: each reads one part of the scratch and writes the other; the last one, the
 * outputs. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
    const struct chain *chain = self;
    float *parts[] = {pass->scratch, pass->scratch + chain->widths[0] * SYNRL_LANES};
    if (!chain->layers[0]->reads_inputs) {
        host->engine->batch_values(pass->batch, pass->block, parts[1]);
    }
    for (size_t l = 0; l < chain->n; l++) {
        const synrl_layer_instance *layer = chain->layers[l];
        chain_step(layer, pass, layer->reads_inputs ? NULL : parts[(l + 1) % 2],
                   l + 1 == chain->n ? outputs : parts[l % 2]);
    }
}

static synrl_status prepare_backward(const synrl_host *host, const void *config, void *self) {
    return chain_prepare_backward(self);
}

static synrl_status backward_by(const synrl_host *host, const void *config, void *self,
                                const synrl_weights *weights, const float *feedback,
                                const synrl_batch *batch, const float *slope, float *gradient) {
    return chain_backward(self, host, weights, feedback, batch, slope, gradient);
}

static synrl_status backward(const synrl_host *host, const void *config, void *self,
                             const synrl_weights *weights, const synrl_batch *batch,
                             const float *slope, float *gradient) {
    return chain_backward(self, host, weights, NULL, batch, slope, gradient);
}

/* Entry ---------------------------------------------------------------------------------------- */

static const synrl_param params[] = {
    SYNRL_LAYERS(
        layers, SYNRL_REQUIRED,
        "in their order: { synrl.layer(\"conv2d\", { filters = 8 }), \"maxpool\", \"dense\" }"),
    SYNRL_INTEGERS(input, SYNRL_OPTIONAL, 1, 2147483647.0,
                   "{values}, {steps, features} or {channels, height, width}; without: the data's"),
    SYNRL_INTEGER(seed, "1", 0, 9007199254740992.0, "of the initial weights"),
};

SYNRL_MODEL(sequential, "1.0.0", "layers one after another", "x_{l+1} = layer_l(x_l)",
            SYNRL_PARAMS(params), struct chain, .create = create, .forward = forward,
            .prepare_backward = prepare_backward, .backward = backward, .backward_by = backward_by);
