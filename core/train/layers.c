/* SPDX-License-Identifier: MIT */
/* Instances of layers. Invariant: each that is on the list has a host, whose messages name the
 * layer's number, and, once made, the tensors that its create added. */
#include "train/layers.h"

#include <stdio.h>
#include <string.h>

#include "plugin/host.h"
#include "train/layout.h"

enum { LAYERS_MAX = 65535, SIZE_MOST = INT32_MAX }; /* see synrl_layer_stream; engine's sizes */

struct layer {
    struct host host;
    const synrl_layer *plugin;
    synrl_layer_instance api;
};

/* A layer's builder, and the layout that it adds to. */
struct adding {
    synrl_layer_builder api;
    struct layout_builder *layout;
    struct layer *layer;
};

static synrl_status add_tensor(synrl_layer_builder *api, const synrl_tensor *given,
                               size_t *number) {
    const struct adding *adding = api->context;
    const synrl_host *host = &adding->layer->host.api;
    const size_t given_size = adding->layer->plugin->ops->tensor_size;
    char name[64];
    synrl_tensor tensor = {.name = NULL};
    memcpy(&tensor, given, given_size < sizeof tensor ? given_size : sizeof tensor);
    const int n = snprintf(name, sizeof name, "layer%zu.%s", api->number,
                           tensor.name != NULL ? tensor.name : "");
    if (tensor.name == NULL || n >= (int)sizeof name) {
        return host->fail(host, SYNRL_INVALID,
                          "a tensor is called \"%s\": must have a name of at "
                          "most 50 letters",
                          tensor.name != NULL ? tensor.name : "");
    }
    if (tensor.reads_inputs && !api->may_read_inputs) {
        return host->fail(host, SYNRL_INVALID,
                          "tensor \"%s\" reads the inputs: the values of another layer come in",
                          tensor.name);
    }
    adding->layer->api.reads_inputs |= tensor.reads_inputs;
    tensor.name = name;
    tensor.layer = (uint32_t)api->number;
    return layout_add(adding->layout, host, &tensor, sizeof tensor, number);
}

/* The number of values of a shape; 0: it has none, or too many. */
static size_t size_of(const synrl_layer_shape *shape) {
    const size_t sizes[] = {shape->n_steps, shape->height, shape->width, shape->n_channels};
    size_t n = 1;
    for (size_t i = 0; i < SYNRL_COUNT(sizes); i++) {
        if (sizes[i] < 1 || sizes[i] > SIZE_MOST / n) {
            return 0;
        }
        n *= sizes[i];
    }
    return n;
}

static synrl_status check_shape(const struct layer *layer, const synrl_layer_shape *shape,
                                const char *what) {
    const synrl_host *host = &layer->host.api;
    return size_of(shape) > 0
               ? SYNRL_OK
               : host->fail(host, SYNRL_INVALID,
                            "%s %zu steps of %zu x %zu x %zu values: each must be at least 1, and "
                            "all fewer than 2^31",
                            what, shape->n_steps, shape->height, shape->width, shape->n_channels);
}

static synrl_status create(struct layout_builder *builder, struct layer *layer,
                           const synrl_layer_place *place) {
    const synrl_host *host = &layer->host.api;
    const synrl_layer_ops *ops = layer->plugin->ops;
    struct adding adding = {.api = {.size = sizeof(synrl_layer_builder),
                                    .may_read_inputs = place->may_read_inputs,
                                    .number = layer->api.number,
                                    .n_targets = builder->n_targets,
                                    .in = place->in,
                                    .out = place->in,
                                    .add = add_tensor},
                            .layout = builder,
                            .layer = layer};
    adding.api.context = &adding;
    SYNRL_TRY(check_shape(layer, &place->in, "gets"));
    layer->api.self = host_alloc(host, ops->self_size, 1);
    if (layer->api.self == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const struct operation before = host_enter(&layer->host, "create");
    SYNRL_TRY(host_leave(&layer->host, before,
                         ops->create(host, layer->plugin->config, layer->api.self, &adding.api)));
    SYNRL_TRY(check_shape(layer, &adding.api.out, "gives"));
    if (!SYNRL_OFFERS(ops, forward) && size_of(&adding.api.out) != size_of(&place->in)) {
        return host->fail(host, SYNRL_INVALID, "gives %zu values of %zu, and has no forward",
                          size_of(&adding.api.out), size_of(&place->in));
    }
    layer->api.out = adding.api.out;
    builder->layers->scratch_size = adding.api.scratch > builder->layers->scratch_size
                                        ? adding.api.scratch
                                        : builder->layers->scratch_size;
    builder->layers->is_random |= adding.api.is_random;
    return SYNRL_OK;
}

/* Room for one more. */
static synrl_status grow(struct core *core, struct layers *layers) {
    if (layers->n < layers->capacity) {
        return SYNRL_OK;
    }
    const size_t capacity = 2 * layers->capacity + 8;
    struct layer **items = core_alloc(core, capacity, sizeof(struct layer *));
    if (items == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < layers->n; i++) {
        items[i] = layers->items[i];
    }
    core_free(core, layers->items);
    layers->items = items;
    layers->capacity = capacity;
    return SYNRL_OK;
}

synrl_status layers_add(synrl_layout_builder *api, const synrl_layer_place *place,
                        const synrl_layer_instance **made) {
    struct layout_builder *builder = api->context;
    struct layers *layers = builder->layers;
    struct core *core = builder->host->core;
    *made = NULL;
    if (layers->n == LAYERS_MAX) {
        const synrl_host *host = &builder->host->api;
        return host->fail(host, SYNRL_INVALID, "has more than %d layers", LAYERS_MAX);
    }
    SYNRL_TRY(grow(core, layers));
    struct layer *layer = core_alloc(core, 1, sizeof *layer);
    if (layer == NULL) {
        return SYNRL_NO_MEMORY;
    }
    layer->plugin = place->layer;
    layers->items[layers->n++] = layer;
    host_init(&layer->host, core, SYNRL_KIND_LAYER, layer->plugin->id);
    snprintf(layer->host.who, sizeof layer->host.who, "layer %zu (%s)", layers->n,
             layer->plugin->id);
    layer->api = (synrl_layer_instance){.size = sizeof(synrl_layer_instance),
                                        .layer = layer->plugin,
                                        .host = &layer->host.api,
                                        .number = layers->n,
                                        .in = place->in};
    SYNRL_TRY(create(builder, layer, place));
    *made = &layer->api;
    return SYNRL_OK;
}

synrl_status layers_initial(const struct layers *layers, const synrl_layout *layout, uint64_t seed,
                            float *weights) {
    for (size_t i = 0; i < layers->n; i++) {
        struct layer *layer = layers->items[i];
        const synrl_layer_ops *ops = layer->plugin->ops;
        if (SYNRL_OFFERS(ops, initial)) {
            const struct operation before = host_enter(&layer->host, "initial");
            SYNRL_TRY(host_leave(&layer->host, before,
                                 ops->initial(&layer->host.api, layer->plugin->config,
                                              layer->api.self, layout, seed, weights)));
        }
    }
    return SYNRL_OK;
}

void layers_settled(const struct layers *layers, bool is_settled) {
    for (size_t i = 0; i < layers->n; i++) {
        host_settled(&layers->items[i]->host, is_settled);
    }
}

void layers_clear(struct core *core, struct layers *layers, uint64_t n_passes) {
    for (size_t i = layers->n; i-- > 0;) {
        struct layer *layer = layers->items[i];
        const synrl_layer_ops *ops = layer->plugin->ops;
        if (layer->api.self != NULL && SYNRL_OFFERS(ops, destroy)) {
            host_destroy(&layer->host, ops->destroy, layer->plugin->config, layer->api.self);
        }
        host_release(&layer->host, n_passes);
        core_free(core, layer);
    }
    core_free(core, layers->items);
    *layers = (struct layers){.n = 0};
}
