/* Multi-layer perceptron: any number of fully connected layers, none of them hidden included.
 *
 *     x_1 = inputs;  z_l = W_l x_l + b_l;  x_{l+1} = f_l(z_l)        l = 1 .. n_layers
 *
 * The synapses, in order: layer1.weight [to][from], layer1.bias, layer2.weight, ... The first layer
 * is a projection of the engine, kept up to date as its weights move; later weights and all biases
 * lie on lattices. Bhargava et al. 2021, section 2.1. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <synrl/activation.h>
#include <synrl/model.h>

#include "mlp/gradient.h"
#include "mlp/layers.h"

#define LAYER_SIZE_MAX 16777216.0 /* 2^24 */
#define INIT_MAX 1e30             /* the width of what is drawn, twice this, is still a float */

typedef enum distribution { UNIFORM, GLOROT, GLOROT_PUBLISHED } distribution;

struct config {
    synrl_integers layers;
    synrl_activations activation;
    const synrl_activation *output;
    double init, bias_init;
    int32_t distribution;
    bool bias;
    int64_t seed;
};

struct mlp {
    const synrl_host *host;
    const struct config *config;
    synrl_layout layout;
    synrl_tensor *tensors;
    char (*names)[40];
    size_t n_layers;
    size_t
        widths[2]; /* of the widest layer of odd and of even number: what scratch holds of each */
    struct layer *layers;
    synrl_projection *projection;
    const synrl_batch *batch;
    float *scratch; /* [n_workers][widths[0] + widths[1]][SYNRL_LANES] */
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
                          "%zu activations for %zu hidden layers: must be one, or one a layer",
                          config->activation.n, n_hidden);
    }
    return SYNRL_OK;
}

static synrl_status count_synapses(struct mlp *mlp) {
    const synrl_integers *sizes = &mlp->config->layers;
    size_t n = 0;
    for (size_t l = 0; l + 1 < sizes->n; l++) {
        const size_t from = (size_t)sizes->items[l], to = (size_t)sizes->items[l + 1];
        n += from * to + (mlp->config->bias ? to : 0); /* below 2^49 each, few enough to add */
        if (n > UINT32_MAX) {
            return mlp->host->fail(mlp->host, SYNRL_INVALID,
                                   "layers make more than %u synapses by layer %zu: must be fewer",
                                   UINT32_MAX, l + 1);
        }
        mlp->widths[l % 2] = to > mlp->widths[l % 2] ? to : mlp->widths[l % 2];
    }
    mlp->layout.n_synapses = n;
    return SYNRL_OK;
}

static void add_tensor(struct mlp *mlp, const char *what, size_t l, size_t first,
                       size_t n_columns) {
    const size_t t = mlp->layout.n_tensors++;
    snprintf(mlp->names[t], sizeof mlp->names[t], "layer%zu.%s", l + 1, what);
    mlp->tensors[t] = (synrl_tensor){.name = mlp->names[t],
                                     .first = first,
                                     .n_rows = mlp->layers[l].n_to,
                                     .n_columns = n_columns,
                                     .layer = (uint32_t)l + 1,
                                     .is_bias = what[0] == 'b'};
}

static void lay_out(struct mlp *mlp) {
    const struct config *config = mlp->config;
    size_t first = 0;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        struct layer *layer = &mlp->layers[l];
        layer->n_from = (size_t)config->layers.items[l];
        layer->n_to = (size_t)config->layers.items[l + 1];
        layer->first = first;
        layer->activation = l + 1 == mlp->n_layers      ? config->output
                            : config->activation.n == 1 ? config->activation.items[0]
                                                        : config->activation.items[l];
        add_tensor(mlp, "weight", l, first, layer->n_from);
        first += layer->n_from * layer->n_to;
        if (config->bias) {
            add_tensor(mlp, "bias", l, first, 1);
            first += layer->n_to;
        }
    }
    mlp->layout.n_inputs = mlp->layers[0].n_from;
    mlp->layout.n_outputs = mlp->layers[mlp->n_layers - 1].n_to;
    mlp->layout.tensors = mlp->tensors;
}

static synrl_status make_weights(struct mlp *mlp) {
    const synrl_host *host = mlp->host;
    SYNRL_TRY(host->engine->projection_create(host, mlp->layers[0].n_to, mlp->layers[0].n_from,
                                              &mlp->projection));
    for (size_t l = 0; l < mlp->n_layers; l++) {
        struct layer *layer = &mlp->layers[l];
        if (l > 0) {
            SYNRL_TRY(
                host->engine->lattice_create(host, layer->n_from * layer->n_to, &layer->weights));
        }
        if (mlp->config->bias) {
            SYNRL_TRY(host->engine->lattice_create(host, layer->n_to, &layer->biases));
        }
    }
    return SYNRL_OK;
}

/* U(-init, init); or normal with variance 2 / (from + to) (Glorot and Bengio 2010); or, as the
 * authors' code has it, with that number as the standard deviation. Biases: U(-bias_init,
 * bias_init). */
static void draw_tensor(const struct mlp *mlp, size_t t, float *weights) {
    const struct config *config = mlp->config;
    const synrl_tensor *tensor = &mlp->tensors[t];
    const synrl_random_api *random = mlp->host->random;
    const size_t n = tensor->n_rows * tensor->n_columns;
    const synrl_stream stream = {
        .seed = (uint64_t)config->seed, .iteration = t, .purpose = SYNRL_PURPOSE_WEIGHTS};
    if (tensor->is_bias || config->distribution == UNIFORM) {
        const float width = (float)(tensor->is_bias ? config->bias_init : config->init);
        random->uniform(stream, 0, n, -width, width, weights);
        return;
    }
    const double spread = 2.0 / (double)(tensor->n_rows + tensor->n_columns);
    const float deviation = (float)(config->distribution == GLOROT ? sqrt(spread) : spread);
    random->normal(stream, 0, n, weights);
    for (size_t i = 0; i < n; i++) {
        weights[i] *= deviation;
    }
}

static void set_weights(void *self, const float *weights) {
    struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    engine->projection_set(mlp->projection, weights);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const struct layer *layer = &mlp->layers[l];
        if (layer->weights != NULL) {
            engine->lattice_set(layer->weights, weights + layer->first);
        }
        if (layer->biases != NULL) {
            engine->lattice_set(layer->biases,
                                weights + layer->first + layer->n_from * layer->n_to);
        }
    }
}

static synrl_status draw_weights(struct mlp *mlp) {
    float *weights = mlp->host->alloc(mlp->host, mlp->layout.n_synapses, sizeof *weights);
    if (weights == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t t = 0; t < mlp->layout.n_tensors; t++) {
        draw_tensor(mlp, t, weights + mlp->tensors[t].first);
    }
    set_weights(mlp, weights);
    mlp->host->free(mlp->host, weights);
    return SYNRL_OK;
}

static void destroy(void *self) {
    struct mlp *mlp = self;
    const synrl_host *host = mlp->host;
    for (size_t l = 0; mlp->layers != NULL && l < mlp->n_layers; l++) {
        host->engine->lattice_destroy(mlp->layers[l].weights);
        host->engine->lattice_destroy(mlp->layers[l].biases);
    }
    host->engine->projection_destroy(mlp->projection);
    host->free(host, mlp->layers);
    host->free(host, mlp->tensors);
    host->free(host, mlp->names);
    host->free(host, mlp->scratch);
    gradient_free(&mlp->gradient);
    host->free(host, mlp);
}

static synrl_status build(struct mlp *mlp) {
    const synrl_host *host = mlp->host;
    mlp->n_layers = mlp->config->layers.n - 1;
    SYNRL_TRY(count_synapses(mlp));
    mlp->layers = host->alloc(host, mlp->n_layers, sizeof *mlp->layers);
    mlp->tensors = host->alloc(host, 2 * mlp->n_layers, sizeof *mlp->tensors);
    mlp->names = host->alloc(host, 2 * mlp->n_layers, sizeof *mlp->names);
    mlp->scratch = host->alloc(host, host->n_workers(host) * (mlp->widths[0] + mlp->widths[1]),
                               SYNRL_LANES * sizeof(float));
    if (mlp->layers == NULL || mlp->tensors == NULL || mlp->names == NULL || mlp->scratch == NULL) {
        return SYNRL_NO_MEMORY;
    }
    lay_out(mlp);
    SYNRL_TRY(make_weights(mlp));
    return draw_weights(mlp);
}

static synrl_status create(const synrl_host *host, const void *configuration, size_t n_inputs,
                           void **self) {
    SYNRL_TRY(check_layers(host, configuration, n_inputs));
    struct mlp *mlp = host->alloc(host, 1, sizeof *mlp);
    if (mlp == NULL) {
        return SYNRL_NO_MEMORY;
    }
    mlp->host = host;
    mlp->config = configuration;
    const synrl_status status = build(mlp);
    if (status != SYNRL_OK) {
        destroy(mlp);
        return status;
    }
    *self = mlp;
    return SYNRL_OK;
}

static const synrl_layout *layout(const void *self) {
    return &((const struct mlp *)self)->layout;
}

/* Weights -------------------------------------------------------------------------------------- */

static synrl_status bind(void *self, const synrl_batch *batch) {
    struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        if (mlp->layers[l].weights != NULL) {
            engine->lattice_rebase(mlp->layers[l].weights);
        }
        if (mlp->layers[l].biases != NULL) {
            engine->lattice_rebase(mlp->layers[l].biases);
        }
    }
    mlp->batch = batch;
    return engine->projection_bind(mlp->projection, batch);
}

static void get_weights(const void *self, float *weights) {
    const struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    engine->projection_get(mlp->projection, weights);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const struct layer *layer = &mlp->layers[l];
        const size_t n_weights = layer->n_from * layer->n_to;
        if (layer->weights != NULL) {
            memcpy(weights + layer->first, engine->lattice_values(layer->weights),
                   n_weights * sizeof *weights);
        }
        if (layer->biases != NULL) {
            memcpy(weights + layer->first + n_weights, engine->lattice_values(layer->biases),
                   layer->n_to * sizeof *weights);
        }
    }
}

static void act(void *self, const int8_t *actions, float alpha, float bias_scale) {
    struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    const float bias_alpha = bias_scale * alpha;
    engine->projection_act(mlp->projection, actions, alpha);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const struct layer *layer = &mlp->layers[l];
        if (layer->weights != NULL) {
            engine->lattice_act(layer->weights, actions + layer->first, alpha);
        }
        if (layer->biases != NULL && bias_alpha > 0.0F) {
            engine->lattice_act(layer->biases, actions + layer->first + layer->n_from * layer->n_to,
                                bias_alpha);
        }
    }
}

static void shift(void *self, const float *delta) {
    struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    engine->projection_shift(mlp->projection, delta);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const struct layer *layer = &mlp->layers[l];
        if (layer->weights != NULL) {
            engine->lattice_shift(layer->weights, delta + layer->first);
        }
        if (layer->biases != NULL) {
            engine->lattice_shift(layer->biases,
                                  delta + layer->first + layer->n_from * layer->n_to);
        }
    }
}

/* Forward -------------------------------------------------------------------------------------- */

static void forward(void *self, size_t worker, size_t block, float *outputs) {
    struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    /* Layers take turns: each is asked from one part of the scratch and answers into the other; the
     * last one, into the outputs. */
    float *parts[2];
    parts[0] = mlp->scratch + worker * (mlp->widths[0] + mlp->widths[1]) * SYNRL_LANES;
    parts[1] = parts[0] + mlp->widths[0] * SYNRL_LANES;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const struct layer *layer = &mlp->layers[l];
        const float *bias = layer->biases != NULL ? engine->lattice_values(layer->biases) : NULL;
        const float *x = parts[1 - l % 2];
        float *z = l + 1 == mlp->n_layers ? outputs : parts[l % 2];
        if (l == 0) {
            engine->projection_values(mlp->projection, block, bias, z);
        } else {
            engine->affine(layer->n_to, layer->n_from, engine->lattice_values(layer->weights), bias,
                           x, z);
        }
        synrl_activation_apply(layer->activation, layer->n_to * SYNRL_LANES, z, z);
    }
}

/* Backward ------------------------------------------------------------------------------------- */

static synrl_status prepare_backward(void *self) {
    struct mlp *mlp = self;
    return gradient_prepare(&mlp->gradient, mlp->host, mlp->layers, mlp->n_layers);
}

static synrl_status backward(void *self, const float *slope, float *gradient) {
    struct mlp *mlp = self;
    get_weights(mlp, mlp->gradient.weights);
    gradient_run(&mlp->gradient, mlp->batch, slope, gradient);
    return SYNRL_OK;
}

/* State: the parts', one after another --------------------------------------------------------- */

static size_t state_size(const void *self) {
    const struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    size_t size = engine->projection_state_size(mlp->projection);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const struct layer *layer = &mlp->layers[l];
        size += layer->weights != NULL ? engine->lattice_state_size(layer->weights) : 0;
        size += layer->biases != NULL ? engine->lattice_state_size(layer->biases) : 0;
    }
    return size;
}

static char *save_lattice(const synrl_engine_api *engine, const synrl_lattice *lattice, char *to) {
    if (lattice == NULL) {
        return to;
    }
    engine->lattice_save(lattice, to);
    return to + engine->lattice_state_size(lattice);
}

static void save(const void *self, void *state) {
    const struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    engine->projection_save(mlp->projection, state);
    char *to = (char *)state + engine->projection_state_size(mlp->projection);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        to = save_lattice(engine, mlp->layers[l].weights, to);
        to = save_lattice(engine, mlp->layers[l].biases, to);
    }
}

static synrl_status load_lattice(const synrl_engine_api *engine, synrl_lattice *lattice,
                                 const char **from) {
    if (lattice == NULL) {
        return SYNRL_OK;
    }
    const size_t size = engine->lattice_state_size(lattice);
    SYNRL_TRY(engine->lattice_load(lattice, *from, size));
    *from += size;
    return SYNRL_OK;
}

static synrl_status load(void *self, const void *state, size_t size) {
    struct mlp *mlp = self;
    const synrl_engine_api *engine = mlp->host->engine;
    if (size != state_size(mlp)) {
        return mlp->host->fail(mlp->host, SYNRL_INVALID,
                               "a saved network of %zu bytes: must be %zu", size, state_size(mlp));
    }
    const size_t projection_size = engine->projection_state_size(mlp->projection);
    SYNRL_TRY(engine->projection_load(mlp->projection, state, projection_size));
    const char *from = (const char *)state + projection_size;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        SYNRL_TRY(load_lattice(engine, mlp->layers[l].weights, &from));
        SYNRL_TRY(load_lattice(engine, mlp->layers[l].biases, &from));
    }
    return SYNRL_OK;
}

/* Entry ---------------------------------------------------------------------------------------- */

static const synrl_param params[] = {
    {.name = "layers",
     .type = SYNRL_PARAM_INTEGERS,
     .offset = offsetof(struct config, layers),
     .min = 1,
     .max = LAYER_SIZE_MAX,
     .meaning = "units of each layer, inputs first, outputs last: {784, 32, 10}"},
    {.name = "activation",
     .type = SYNRL_PARAM_ACTIVATIONS,
     .offset = offsetof(struct config, activation),
     .default_text = "tanh",
     .meaning = "of the hidden layers: one for all, or a list with one a layer"},
    {.name = "output",
     .type = SYNRL_PARAM_ACTIVATION,
     .offset = offsetof(struct config, output),
     .default_text = "identity",
     .meaning = "activation of the last layer"},
    {.name = "init",
     .type = SYNRL_PARAM_NUMBER,
     .offset = offsetof(struct config, init),
     .default_text = "1",
     .min = 0,
     .max = INIT_MAX,
     .meaning = "uniform: initial weights are U(-init, init)"},
    {.name = "distribution",
     .type = SYNRL_PARAM_CHOICE,
     .offset = offsetof(struct config, distribution),
     .default_text = "uniform",
     .choices = "uniform|glorot|glorot_published",
     .meaning =
         "of initial weights; glorot: N(0, variance 2/(from+to)); glorot_published: that as the "
         "standard deviation, as in the authors' code"},
    {.name = "bias",
     .type = SYNRL_PARAM_BOOLEAN,
     .offset = offsetof(struct config, bias),
     .default_text = "true",
     .meaning = "whether layers have biases"},
    {.name = "bias_init",
     .type = SYNRL_PARAM_NUMBER,
     .offset = offsetof(struct config, bias_init),
     .default_text = "0",
     .min = 0,
     .max = INIT_MAX,
     .meaning = "initial biases are U(-bias_init, bias_init)"},
    {.name = "seed",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, seed),
     .default_text = "1",
     .min = 0,
     .max = 9007199254740992.0,
     .meaning = "of the initial weights"},
};

static const synrl_model_ops ops = {
    SYNRL_OPS_SIZE(synrl_model_ops),
    .create = create,
    .destroy = destroy,
    .layout = layout,
    .bind = bind,
    .set_weights = set_weights,
    .get_weights = get_weights,
    .act = act,
    .shift = shift,
    .forward = forward,
    .prepare_backward = prepare_backward,
    .backward = backward,
    .state_size = state_size,
    .save = save,
    .load = load,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_MODEL,
    .id = "mlp",
    .version = "1.0.0",
    .summary = "multi-layer perceptron with any number of layers",
    .source = "Bhargava et al. 2021, section 2.1",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
