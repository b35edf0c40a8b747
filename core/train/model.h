/* SPDX-License-Identifier: MIT */
/* A model at work: its instance, its layout and its weights. */
#ifndef TRAIN_MODEL_H
#define TRAIN_MODEL_H

#include "engine/weights.h"
#include "plugin/component.h"
#include "plugin/host.h"
#include "synrl/model.h"
#include "train/layers.h"

struct model {
    struct component *component; /* a reference */
    struct host host;            /* owns the instance, the layout and the weights */
    const synrl_model_ops *ops;
    const void *config;
    void *self;
    struct layers layers; /* that it has added */
    synrl_layout layout;
    synrl_weights *weights;
    const int64_t *seed; /* of weights that the host draws; NULL: it does not */
    float
        *scratch; /* [n_workers][scratch_size]: of the model, from layer_scratch on of its layers */
    size_t scratch_size, layer_scratch;
    size_t state_size; /* of what it remembers beside its weights */
    uint64_t n_passes;
};

/* An instance for data of this shape, its weights zero: see model_initial. After a failure
 * model_clear is due as well. */
synrl_status model_create(struct model *model, struct core *core, struct component *component,
                          const synrl_shape *shape);
/* The weights that it begins with. */
synrl_status model_initial(struct model *model);
/* What is allocated from now on must be freed, until it is called with false. */
void model_settled(struct model *model, bool is_settled);
void model_clear(struct model *model); /* all zero is allowed */

static inline const char *model_id(const struct model *model) {
    return component_plugin(model->component)->entry->id;
}

/* Weights, then its own state. */
size_t model_state_size(const struct model *model);
synrl_status model_save(const struct model *model, void *state);
synrl_status model_load(struct model *model, const void *state, size_t size);

#endif
