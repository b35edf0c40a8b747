/* SPDX-License-Identifier: MIT */
/* Adds no tensor. */
#include <synrl/model.h>

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           const synrl_shape *shape, synrl_layout_builder *layout) {
    layout->n_outputs = 1;
    return SYNRL_OK;
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    float *outputs) {
}

SYNRL_MODEL(ID, "1.0.0", "a mistake", "tests/mistakes", SYNRL_NO_PARAMS, char, .create = create,
            .forward = forward);
