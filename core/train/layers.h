/* SPDX-License-Identifier: MIT */
/* The layers of a model that is made of some: their instances, each with a host of its own. */
#ifndef TRAIN_LAYERS_H
#define TRAIN_LAYERS_H

#include "base/host.h"
#include "synrl/layer.h"

struct layer; /* one instance */

struct layers {
    size_t n, capacity;
    struct layer **items;
    size_t scratch_size; /* floats that any of them asks for */
    bool is_random;      /* one of them */
};

/* synrl_layout_builder.add_layer, of the builder in layout.h. */
synrl_status layers_add(synrl_layout_builder *builder, const synrl_layer_place *place,
                        const synrl_layer_instance **made);
/* The initial weights of the layers that have some of their own. */
synrl_status layers_initial(const struct layers *layers, const synrl_layout *layout, uint64_t seed,
                            float *weights);
/* host_settled for each. */
void layers_settled(const struct layers *layers, bool is_settled);
/* Ends the instances after n_passes; all zero is allowed. */
void layers_clear(struct core *core, struct layers *layers, uint64_t n_passes);

#endif
