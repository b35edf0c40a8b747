/* SPDX-License-Identifier: MIT */
#include "support/chain.h"

#include "support/test.h"

enum { N_LAYERS_MAX = 8 };

static struct dataset *pictures(struct core *core) {
    struct component *component = test_component(
        core, SYNRL_KIND_DATASET, "pixels",
        GIVEN({"samples", INTEGER(CHAIN_SAMPLES)}, {"inputs", INTEGER(CHAIN_HEIGHT * CHAIN_WIDTH)},
              {"width", INTEGER(CHAIN_WIDTH)}, {"classes", INTEGER(CHAIN_CLASSES)}));
    struct dataset *data;
    ck_assert_msg(dataset_create(core, component, &data) == SYNRL_OK, "%s", core->message);
    component_release(component);
    return data;
}

synrl_status chain_try_make(struct chain_made *made, struct core *core, size_t n,
                            struct component *const *layers) {
    struct value items[N_LAYERS_MAX];
    *made = (struct chain_made){.core = core, .data = pictures(core)};
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct value)COMPONENT(layers[i]);
    }
    made->model =
        test_component(core, SYNRL_KIND_MODEL, "sequential", GIVEN({"layers", LIST_OF(n, items)}));
    made->loss = test_component(core, SYNRL_KIND_LOSS, "cross_entropy", 0, NULL);
    for (size_t i = 0; i < n; i++) {
        component_release(layers[i]);
    }
    const synrl_status status =
        network_create(core, made->model, made->loss, made->data, CHAIN_SAMPLES, &made->network);
    return status == SYNRL_OK ? network_bind(made->network, NULL) : status;
}

void chain_unmake(struct chain_made *made) {
    network_destroy(made->network);
    dataset_release(made->data);
    component_release(made->model);
    component_release(made->loss);
}

void chain_run(const struct chain_made *made, float *outputs) {
    struct pass pass;
    const struct pass_options options = {.outputs = outputs};
    ck_assert_msg(network_pass(made->network, &options, &pass) == SYNRL_OK, "%s",
                  made->core->message);
}
