/* SPDX-License-Identifier: MIT */
/* Flatten: the values of a picture or a sequence as those of one vector, in their order. */
#include <synrl/layer.h>

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    layer->out = (synrl_layer_shape){1, 1, 1, synrl_layer_size(&layer->in)};
    return SYNRL_OK;
}

SYNRL_LAYER(flatten, "1.0.0", "one vector of all values", "y = x", SYNRL_NO_PARAMS, synrl_nothing,
            .create = create);
