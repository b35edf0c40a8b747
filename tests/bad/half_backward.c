/* SPDX-License-Identifier: MIT */
/* A model that can go backward, but not prepare for it. */
#include <synrl/model.h>

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    return SYNRL_UNSUPPORTED;
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
}

static synrl_status backward(const synrl_host *host, const void *config, void *self,
                             const synrl_weights *weights, const synrl_batch *batch,
                             const float *slope, float *gradient) {
    return SYNRL_UNSUPPORTED;
}

SYNRL_MODEL(half_backward, "1.0.0", "broken on purpose", "tests/bad", SYNRL_NO_PARAMS, char,
            .create = create, .forward = forward, .backward = backward);
