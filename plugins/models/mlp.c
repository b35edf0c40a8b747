/* SPDX-License-Identifier: MIT */
/* Multi-layer perceptron: any number of fully connected layers, none of them hidden included.
 *
 *     x_1 = inputs;  z_l = W_l x_l + b_l;  x_{l+1} = f_l(z_l)        l = 1 .. n_layers
 *
 * The synapses, in order: layer1.weight [to][from], layer1.bias, layer2.weight, ...
 * Bhargava et al. 2021, section 2.1. */
#include <stdio.h>
#include <synrl/model.h>

#include "../layers/initial.h"
#include "mlp/gradient.h"
#include "mlp/layers.h"

#define LAYER_SIZE_MAX 16777216.0 /* 2^24 */

struct config {
    synrl_integers layers;
    synrl_activations activation;
    const synrl_activation *output;
    struct initial initial;
    int64_t seed;
};

struct mlp {
    size_t n_layers;
    struct layer *layers;
    size_t widths[2]; /* of the widest layer of odd and of even number: scratch holds both */
    struct gradient gradient;
};

/* Making --------------------------------------------------------------------------------------- */

static synrl_status check_layers(const synrl_host *host, const struct config *config,
                                 size_t n_inputs) {
    const synrl_integers *sizes = &config->layers;
    if (sizes->n < 2) {
        return host->fail(host, SYNRL_INVALID,
                          "layers has %zu entries: must have at least 2, inputs and outputs",
                          sizes->n);
    }
    if ((size_t)sizes->items[0] != n_inputs) {
        return host->fail(host, SYNRL_INVALID,
                          "layers begins with %lld inputs: the data has %zu, so it must be %zu",
                          (long long)sizes->items[0], n_inputs, n_inputs);
    }
    const size_t n_hidden = sizes->n - 2;
    if (config->activation.n != 1 && config->activation.n != n_hidden) {
        return host->fail(host, SYNRL_INVALID,
                          "%zu activations for %zu hidden layers: must be one, or one per layer",
                          config->activation.n, n_hidden);
    }
    size_t n_synapses = 0;
    for (size_t l = 0; l + 1 < sizes->n; l++) {
        const size_t from = (size_t)sizes->items[l], to = (size_t)sizes->items[l + 1];
        n_synapses +=
            from * to + (config->initial.bias ? to : 0); /* below 2^49 each, few enough to add */
        if (n_synapses > UINT32_MAX) {
            return host->fail(host, SYNRL_INVALID,
                              "layers make more than %u synapses by layer %zu: must be fewer",
                              UINT32_MAX, l + 1);
        }
    }
    return SYNRL_OK;
}

static synrl_status add_tensor(synrl_layout_builder *layout, const struct layer *layer, size_t l,
                               bool is_bias, size_t *number) {
    char name[40];
    snprintf(name, sizeof name, "layer%zu.%s", l + 1, is_bias ? "bias" : "weight");
    const synrl_tensor tensor = {.name = name,
                                 .n_rows = layer->n_to,
                                 .n_columns = is_bias ? 1 : layer->n_from,
                                 .layer = (uint32_t)l + 1,
                                 .is_bias = is_bias,
                                 .reads_inputs = l == 0 && !is_bias};
    return layout->add(layout, &tensor, number);
}

static synrl_status add_layer(const struct config *config, struct mlp *mlp, size_t l,
                              synrl_layout_builder *layout) {
    const synrl_activations *hidden = &config->activation;
    const size_t width = (size_t)config->layers.items[l + 1];
    struct layer *layer = &mlp->layers[l];
    *layer = (struct layer){.n_from = (size_t)config->layers.items[l],
                            .n_to = width,
                            .first = l > 0 ? layer_end(layer - 1) : 0,
                            .bias = SYNRL_NO_TENSOR,
                            .activation = l + 1 == mlp->n_layers
                                              ? config->output
                                              : hidden->items[hidden->n == 1 ? 0 : l]};
    mlp->widths[l % 2] = width > mlp->widths[l % 2] ? width : mlp->widths[l % 2];
    SYNRL_TRY(add_tensor(layout, layer, l, false, &layer->weights));
    if (config->initial.bias) {
        size_t bias;
        SYNRL_TRY(add_tensor(layout, layer, l, true, &bias));
        layer->bias = (int)bias;
    }
    return SYNRL_OK;
}

static synrl_status create(const synrl_host *host, const void *configuration, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    const struct config *config = configuration;
    struct mlp *mlp = self;
    SYNRL_TRY(check_layers(host, config, shape->n_inputs));
    mlp->n_layers = config->layers.n - 1;
    SYNRL_TRY(SYNRL_NEW(host, mlp->layers, mlp->n_layers));
    for (size_t l = 0; l < mlp->n_layers; l++) {
        SYNRL_TRY(add_layer(config, mlp, l, layout));
    }
    layout->n_outputs = mlp->layers[mlp->n_layers - 1].n_to;
    layout->scratch = (mlp->widths[0] + mlp->widths[1]) * SYNRL_LANES;
    return SYNRL_OK;
}

static synrl_status initial(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, float *weights) {
    const struct config *of = config;
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = synrl_tensor_at(layout, t);
        initial_draw(host, &of->initial, (uint64_t)of->seed, tensor, t, weights + tensor->first);
    }
    return SYNRL_OK;
}

/* Running -------------------------------------------------------------------------------------- */

/* Layers take turns: each reads one part of the scratch and writes the other; the last one, the
 * outputs. */
static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
    const struct mlp *mlp = self;
    float *parts[2];
    parts[0] = pass->scratch;
    parts[1] = parts[0] + mlp->widths[0] * SYNRL_LANES;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const struct layer *layer = &mlp->layers[l];
        const synrl_source source = {.tensor = layer->weights,
                                     .x = l > 0 ? parts[1 - l % 2] : NULL};
        host->engine->units(pass, 1, &source, layer->bias, layer->activation,
                            l + 1 == mlp->n_layers ? outputs : parts[l % 2]);
    }
}

static synrl_status prepare_backward(const synrl_host *host, const void *config, void *self) {
    struct mlp *mlp = self;
    return gradient_prepare(&mlp->gradient, host, mlp->layers, mlp->n_layers);
}

static synrl_status backward_by(const synrl_host *host, const void *config, void *self,
                                const synrl_weights *weights, const float *feedback,
                                const synrl_batch *batch, const float *slope, float *gradient) {
    const struct mlp *mlp = self;
    host->engine->weights_get(weights, mlp->gradient.weights);
    gradient_run(&mlp->gradient, feedback, batch, slope, gradient);
    return SYNRL_OK;
}

static synrl_status backward(const synrl_host *host, const void *config, void *self,
                             const synrl_weights *weights, const synrl_batch *batch,
                             const float *slope, float *gradient) {
    const struct mlp *mlp = self;
    return backward_by(host, config, self, weights, mlp->gradient.weights, batch, slope, gradient);
}

/* Entry ---------------------------------------------------------------------------------------- */

static const synrl_param params[] = {
    SYNRL_INTEGERS(layers, SYNRL_REQUIRED, 1, LAYER_SIZE_MAX,
                   "units of each layer, inputs first, outputs last: {784, 32, 10}"),
    SYNRL_ACTIVATIONS(activation, "tanh",
                      "of the hidden layers: one for all, or a list with one per layer"),
    SYNRL_ACTIVATION_PARAM(output, "identity", "activation of the last layer"),
    INITIAL_ROWS("1", "uniform"),
    SYNRL_INTEGER(seed, "1", 0, 9007199254740992.0, "of the initial weights"),
};

SYNRL_MODEL(mlp, "1.0.0", "multi-layer perceptron with any number of layers",
            "Bhargava et al. 2021, section 2.1", SYNRL_PARAMS(params), struct mlp, .create = create,
            .forward = forward, .initial = initial, .prepare_backward = prepare_backward,
            .backward = backward, .backward_by = backward_by);
