/* SPDX-License-Identifier: MIT */
/* Instances of models. Invariant: the layout is complete, and the weights are those of it. */
#include "train/model.h"

#include <math.h>

#include "engine/random.h"
#include "train/layout.h"
#include "train/state.h"

static size_t rounded_up(size_t size) {
    return size + (SYNRL_LANES - size % SYNRL_LANES) % SYNRL_LANES;
}

/* The piece of each worker begins at 64 bytes, and in it the one of the layers. */
static synrl_status make_scratch(struct model *model, size_t size) {
    const synrl_host *host = &model->host.api;
    const size_t of_layers = model->layers.scratch_size;
    const size_t most = SIZE_MAX / 4 / sizeof(float) / host->n_workers(host);
    if (size > most || of_layers > most) {
        return host->fail(host, SYNRL_NO_MEMORY, "asks for %zu floats of scratch memory",
                          size > most ? size : of_layers);
    }
    model->layer_scratch = rounded_up(size);
    model->scratch_size = model->layer_scratch + rounded_up(of_layers);
    return SYNRL_NEW(host, model->scratch, host->n_workers(host) * model->scratch_size);
}

static synrl_status create_instance(struct model *model, const synrl_shape *shape) {
    const synrl_host *host = &model->host.api;
    struct layout_builder builder;
    model->self = host_alloc(host, model->ops->self_size, 1);
    if (model->self == NULL) {
        return SYNRL_NO_MEMORY;
    }
    layout_begin(&builder, &model->host, shape, model->ops->tensor_size);
    builder.layers = &model->layers;
    builder.api.add_layer = layers_add;
    const struct operation before = host_enter(&model->host, "create");
    SYNRL_TRY(
        host_leave(&model->host, before,
                   model->ops->create(host, model->config, model->self, shape, &builder.api)));
    model->seed = builder.api.seed;
    SYNRL_TRY(make_scratch(model, builder.api.scratch));
    return layout_end(&builder, &model->layout);
}

static struct stateful own_state(const struct model *model) {
    return (struct stateful){(struct host *)&model->host, model->config, model->self,
                             SYNRL_OFFERS(model->ops, state) ? model->ops->state : NULL,
                             model->layout.n_synapses};
}

synrl_status model_create(struct model *model, struct core *core, struct component *component,
                          const synrl_shape *shape) {
    const synrl_plugin *entry = component_plugin(component)->entry;
    model->component = component_retain(component);
    model->ops = entry->ops;
    model->config = component_config(component);
    host_init(&model->host, core, SYNRL_KIND_MODEL, entry->id);
    SYNRL_TRY(create_instance(model, shape));
    SYNRL_TRY(weights_create(&model->host.api, &model->layout, &model->weights));
    const struct stateful state = own_state(model);
    return state_measure(&state, &model->state_size);
}

static synrl_status check_finite(const struct model *model, const float *weights) {
    for (size_t i = 0; i < model->layout.n_synapses; i++) {
        if (!isfinite(weights[i])) {
            const synrl_host *host = &model->host.api;
            return host->fail(host, SYNRL_INVALID, "initial weight %zu is %g: must be finite", i,
                              (double)weights[i]);
        }
    }
    return SYNRL_OK;
}

static void draw(const struct model *model, float *weights) {
    for (size_t t = 0; t < model->layout.n_tensors; t++) {
        const synrl_tensor *tensor = &model->layout.tensors[t];
        const synrl_stream stream = {(uint64_t)*model->seed, t, SYNRL_PURPOSE_WEIGHTS};
        const float to = tensor->is_bias ? 0.0F : 1.0F / sqrtf((float)tensor->n_columns);
        random_api.uniform(stream, 0, tensor->n_rows * tensor->n_columns, -to, to,
                           weights + tensor->first);
    }
}

static synrl_status ask_for_initial(struct model *model, float *weights) {
    const synrl_host *host = &model->host.api;
    const struct operation before = host_enter(&model->host, "initial");
    return host_leave(
        &model->host, before,
        model->ops->initial(host, model->config, model->self, &model->layout, weights));
}

synrl_status model_initial(struct model *model) {
    const synrl_host *host = &model->host.api;
    const bool is_own = SYNRL_OFFERS(model->ops, initial);
    synrl_status status = SYNRL_OK;
    float *weights;
    if (!is_own && model->seed == NULL) {
        return SYNRL_OK;
    }
    SYNRL_TRY(SYNRL_NEW(host, weights, model->layout.n_synapses));
    if (is_own) {
        status = ask_for_initial(model, weights);
    } else {
        draw(model, weights);
        status = layers_initial(&model->layers, &model->layout, (uint64_t)*model->seed, weights);
    }
    if (status == SYNRL_OK) {
        status = check_finite(model, weights);
    }
    if (status == SYNRL_OK) {
        weights_set(model->weights, weights);
    }
    host_free(host, weights);
    return status;
}

void model_settled(struct model *model, bool is_settled) {
    host_settled(&model->host, is_settled);
    layers_settled(&model->layers, is_settled);
}

void model_clear(struct model *model) {
    if (model->component == NULL) {
        return;
    }
    if (model->self != NULL && SYNRL_OFFERS(model->ops, destroy)) {
        host_destroy(&model->host, model->ops->destroy, model->config, model->self);
    }
    layers_clear(model->host.core, &model->layers, model->n_passes);
    host_release(&model->host, model->n_passes);
    component_release(model->component);
    *model = (struct model){.component = NULL};
}

size_t model_state_size(const struct model *model) {
    return weights_state_size(model->weights) + model->state_size;
}

synrl_status model_save(const struct model *model, void *state) {
    const struct stateful own = own_state(model);
    weights_save(model->weights, state);
    return state_save(&own, (char *)state + weights_state_size(model->weights), model->state_size);
}

synrl_status model_load(struct model *model, const void *state, size_t size) {
    const size_t weights_size = weights_state_size(model->weights);
    const struct stateful own = own_state(model);
    if (size != model_state_size(model)) {
        return core_fail(model->host.core, SYNRL_INVALID, "a saved model of %zu bytes: must be %zu",
                         size, model_state_size(model));
    }
    SYNRL_TRY(weights_load(model->weights, state, weights_size));
    return state_load(&own, (const char *)state + weights_size, model->state_size);
}
