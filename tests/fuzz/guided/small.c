/* SPDX-License-Identifier: MIT */
#include "fuzz/guided/small.h"

#include "fuzz/guided/frame.h"

static struct component *make(struct core *core, synrl_kind kind, const char *id, size_t n,
                              const struct named_value *values) {
    struct component *component = NULL;
    synrl_status status = component_create(core, kind, id, &component);
    for (size_t i = 0; status == SYNRL_OK && i < n; i++) {
        status = component_set(component, values[i].name, &values[i].value);
    }
    if (status != SYNRL_OK || component_finish(component) != SYNRL_OK) {
        frame_fail("%s", core->message);
    }
    return component;
}

void small_open(struct core *core, struct small *small) {
    static const struct value sizes[] = {INTEGER(2), INTEGER(4), INTEGER(1)};
    struct component *boundary =
        make(core, SYNRL_KIND_DATASET, "boundary", GIVEN({"samples", NUMBER(60)}));
    small->options = (struct train_options){
        .name = "some run/1",
        .model = make(core, SYNRL_KIND_MODEL, "mlp",
                      GIVEN({"layers", LIST(sizes)}, {"output", STRING("tanh")})),
        .loss = make(core, SYNRL_KIND_LOSS, "euclidean", 0, NULL),
        .rule = make(core, SYNRL_KIND_RULE, "qlearning", 0, NULL),
        .iterations = 30,
        .record_every = 1,
        .batch_size = 40,
        .batch_every = 7,
        .checkpoint_every = 10,
        .checkpoint_keep = 1,
        .seed = 7};
    if (dataset_create(core, boundary, &small->options.data) != SYNRL_OK ||
        trainer_create(core, &small->options, &small->trainer) != SYNRL_OK) {
        frame_fail("%s", core->message);
    }
    component_release(boundary);
}

void small_close(struct small *small) {
    trainer_destroy(small->trainer);
    dataset_release(small->options.data);
    component_release(small->options.model);
    component_release(small->options.loss);
    component_release(small->options.rule);
}
