/* SPDX-License-Identifier: MIT */
/* The layout of a network, as its model adds tensors to it. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "base/host.h"
#include "synrl/model.h"

struct layout_builder {
    synrl_layout_builder api;
    struct host *host; /* of the model: layouts are its memory */
    size_t given_size; /* of the model's synrl_tensor */
    size_t capacity;
    synrl_tensor *tensors;
    synrl_layout layout;
};

/* Begins a layout for data of this shape and a model that was built with tensors of tensor_size
 * bytes. */
void layout_begin(struct layout_builder *builder, struct host *host, const synrl_shape *shape,
                  size_t tensor_size);
/* The layout, complete, once the model's create has succeeded: it lives as long as the host.
 * SYNRL_INVALID where there are no tensors or no outputs. */
synrl_status layout_end(struct layout_builder *builder, synrl_layout *layout);

#endif
