/* SPDX-License-Identifier: MIT */
/* A model that does not say which tensors it was built with. */
#include <synrl/model.h>

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    return SYNRL_UNSUPPORTED;
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
}

static const synrl_model_ops ops = {
    .size = sizeof ops, .self_size = 1, .create = create, .forward = forward};

const synrl_plugin synrl_plugin_entry = {
    SYNRL_ENTRY(SYNRL_KIND_MODEL, no_tensor_size, "1.0.0", "broken on purpose", "tests/bad"),
    .ops = &ops};
