/* SPDX-License-Identifier: MIT */
#include "support/small_run.h"

#include <check.h>

#include "support/support.h"

static void open_run(struct core *core, size_t n_data, const struct named_value *data,
                     size_t n_layers, const struct value *layers, const char *loss,
                     struct train_options *options) {
    struct component *boundary = test_component(core, SYNRL_KIND_DATASET, "boundary", n_data, data);
    options->model =
        test_component(core, SYNRL_KIND_MODEL, "mlp",
                       GIVEN({"layers", LIST_OF(n_layers, layers)}, {"output", STRING("tanh")}));
    options->loss = test_component(core, SYNRL_KIND_LOSS, loss, 0, NULL);
    ck_assert_int_eq(dataset_create(core, boundary, &options->data), SYNRL_OK);
    component_release(boundary);
}

void small_run_open(struct core *core, struct train_options *options) {
    static const struct value layers[] = {INTEGER(2), INTEGER(4), INTEGER(1)};
    *options =
        (struct train_options){.name = "some run/1",
                               .rule = test_component(core, SYNRL_KIND_RULE, "qlearning", 0, NULL),
                               .iterations = 30,
                               .record_every = 1,
                               .seed = 7};
    open_run(core, GIVEN({"samples", NUMBER(60)}), COUNT_OF(layers), layers, "euclidean", options);
}

void small_task_open(struct core *core, size_t n_layers, const struct value *layers,
                     const char *loss, struct train_options *options) {
    *options = (struct train_options){.name = "test", .iterations = 200, .seed = 7};
    open_run(core, GIVEN({"samples", NUMBER(80)}, {"hidden", NUMBER(5)}), n_layers, layers, loss,
             options);
}

void small_run_close(struct train_options *options) {
    dataset_release(options->data);
    component_release(options->model);
    component_release(options->loss);
    component_release(options->rule);
}

uint64_t small_run_forwards(struct environment *environment) {
    struct metrics metrics;
    ck_assert_int_eq(environment_measure(environment, &metrics), SYNRL_OK);
    return metrics.sample_forwards;
}
