/* SPDX-License-Identifier: MIT */
/* A layer that can go backward, but not forward. */
#include <synrl/layer.h>

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    return SYNRL_UNSUPPORTED;
}

static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *slopes) {
}

SYNRL_LAYER(layer_no_forward, "1.0.0", "broken on purpose", "tests/bad", SYNRL_NO_PARAMS, char,
            .create = create, .backward = backward);
