/* SPDX-License-Identifier: MIT */
#include "support/small_run.h"

#include <check.h>

#include "support/support.h"

void small_run_open(struct core *core, struct train_options *options) {
    static const struct value sizes[] = {INTEGER(2), INTEGER(4), INTEGER(1)};
    const struct named_value data[] = {{"samples", NUMBER(60)}};
    const struct named_value model[] = {{"layers", LIST(sizes)}, {"output", STRING("tanh")}};
    struct component *boundary = test_component(core, SYNRL_KIND_DATASET, "boundary", VALUES(data));
    *options = (struct train_options){
        .name = "some run/1",
        .model = test_component(core, SYNRL_KIND_MODEL, "mlp", VALUES(model)),
        .loss = test_component(core, SYNRL_KIND_LOSS, "euclidean", 0, NULL),
        .rule = test_component(core, SYNRL_KIND_RULE, "qlearning", 0, NULL),
        .iterations = 30,
        .record_every = 1,
        .seed = 7};
    ck_assert_int_eq(dataset_create(core, boundary, &options->data), SYNRL_OK);
    component_release(boundary);
}

void small_run_close(struct train_options *options) {
    dataset_release(options->data);
    component_release(options->model);
    component_release(options->loss);
    component_release(options->rule);
}
