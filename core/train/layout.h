/* SPDX-License-Identifier: MIT */
/* The layout of a network, as its model adds tensors to it. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "base/host.h"
#include "synrl/model.h"

struct layers; /* layers.h */

struct layout_builder {
    synrl_layout_builder api;
    struct host *host;         /* of the model: layouts are its memory */
    size_t given_size;         /* of the model's synrl_tensor */
    struct layers *layers;     /* that `add_layer` adds to; NULL: there is none */
    const synrl_host *refuses; /* of who adds: the model, or a layer */
    size_t n_targets;          /* or classes, of the data */
    size_t capacity;
    synrl_tensor *tensors;
    synrl_layout layout;
};

/* Begins a layout for data of this shape and a model that was built with tensors of tensor_size
 * bytes. */
void layout_begin(struct layout_builder *builder, struct host *host, const synrl_shape *shape,
                  size_t tensor_size);
/* Adds a tensor that was built with tensor_size bytes, for `host`, which refuses it. */
synrl_status layout_add(struct layout_builder *builder, const synrl_host *host,
                        const synrl_tensor *tensor, size_t tensor_size, size_t *number);
/* The layout, complete, once the model's create has succeeded: it lives as long as the host.
 * SYNRL_INVALID where there are no tensors or no outputs. */
synrl_status layout_end(struct layout_builder *builder, synrl_layout *layout);

#endif
