/* SPDX-License-Identifier: MIT */
/* Feedback alignment on a real network, 2-5-3-1, against backpropagation. */
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"
#include "train/environment.h"
#include "train/rule.h"

enum { N = 15 + 18 + 4, N_FIRST = 15, N_HIDDEN = 33 }; /* weights and biases of the layers */

static struct core *core;
static struct train_options options;
static struct environment *environment;
static synrl_env *env;

static void setup(void) {
    static const struct value sizes[] = {INTEGER(2), INTEGER(5), INTEGER(3), INTEGER(1)};
    const struct named_value data[] = {{"samples", NUMBER(60)}};
    core = test_core();
    struct component *boundary = test_component(core, SYNRL_KIND_DATASET, "boundary", VALUES(data));
    options = (struct train_options){
        .name = "test",
        .model = test_component(core, SYNRL_KIND_MODEL, "mlp",
                                GIVEN({"layers", LIST(sizes)}, {"output", STRING("tanh")})),
        .loss = test_component(core, SYNRL_KIND_LOSS, "mse", 0, NULL),
        .iterations = 200,
        .seed = 7};
    ck_assert_int_eq(dataset_create(core, boundary, &options.data), SYNRL_OK);
    component_release(boundary);
    ck_assert_int_eq(environment_create(core, &options, &environment), SYNRL_OK);
    env = environment_public(environment);
}

static void teardown(void) {
    environment_destroy(environment);
    dataset_release(options.data);
    component_release(options.model);
    component_release(options.loss);
    core_destroy(core);
}

SUITE("feedback", .setup = setup, .teardown = teardown);

/* By how much the first step of a rule moves these weights. */
static void moves_of(const char *id, size_t n, const struct named_value *values,
                     const float *weights, float *moves) {
    struct rule rule;
    struct component *component = test_component(core, SYNRL_KIND_RULE, id, n, values);
    ck_assert_msg(rule_create(&rule, core, component) == SYNRL_OK, "%s", core->message);
    component_release(component);
    environment_set_rule(environment, &rule.host, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(environment_begin(environment, 0, false), SYNRL_OK);
    ck_assert_msg(rule_start(&rule, env) == SYNRL_OK, "%s", core->message);
    ck_assert_int_eq(env->set_weights(env, weights), SYNRL_OK);
    ck_assert_msg(rule_step(&rule, env) == SYNRL_OK, "%s", core->message);
    ck_assert_int_eq(env->weights(env, moves), SYNRL_OK);
    for (size_t i = 0; i < N; i++) {
        moves[i] -= weights[i];
    }
    rule_clear(&rule);
}

/* As fa.c says: U(-1, 1) / sqrt(units of the layer), number `matrix` of the seed. */
static void draw_feedback(uint64_t matrix, float *feedback) {
    const synrl_stream stream = {7, matrix, SYNRL_PURPOSE_FEEDBACK};
    for (size_t t = 0; t < env->layout->n_tensors; t++) {
        const synrl_tensor *tensor = synrl_tensor_at(env->layout, t);
        const float width = 1.0F / sqrtf((float)tensor->n_rows);
        random_api.uniform(stream, tensor->first, tensor->n_rows * tensor->n_columns, -width, width,
                           feedback + tensor->first);
    }
}

/* Weights that are the transpose of B: backpropagation. */
TEST(where_feedback_is_the_transpose_it_is_backpropagation) {
    float weights[N], by_fa[N], by_gd[N];
    draw_feedback(3, weights);
    moves_of("fa", GIVEN({"alpha", NUMBER(0.5)}, {"matrix", INTEGER(3)}), weights, by_fa);
    moves_of("gd", GIVEN({"alpha", NUMBER(0.5)}), weights, by_gd);
    ck_assert_mem_eq(by_fa, by_gd, sizeof by_fa);
    ck_assert(fabsf(by_gd[0]) > 1e-4F);
}

/* Of other weights only the last layer is moved as by gd. */
TEST(the_last_layer_needs_no_feedback) {
    float weights[N], by_fa[N], by_gd[N];
    draw_feedback(4, weights);
    moves_of("fa", GIVEN({"matrix", INTEGER(3)}), weights, by_fa);
    moves_of("gd", 0, NULL, weights, by_gd);
    ck_assert_mem_eq(by_fa + N_HIDDEN, by_gd + N_HIDDEN, (N - N_HIDDEN) * sizeof *by_fa);
    for (size_t i = 0; i < N_HIDDEN; i++) {
        ck_assert(fabsf(by_fa[i] - by_gd[i]) > 1e-7F);
    }
}

/* Its weights come to agree with B, and so what it learns is worth something: Lillicrap et al. */
TEST(weights_align_with_the_feedback) {
    float weights[N], gradient[N], feedback[N], by_feedback[N];
    double loss, first, along = 0.0, one = 0.0, other = 0.0;
    struct rule rule;
    struct component *component =
        test_component(core, SYNRL_KIND_RULE, "fa", GIVEN({"alpha", NUMBER(0.2)}));
    ck_assert_int_eq(rule_create(&rule, core, component), SYNRL_OK);
    component_release(component);
    environment_set_rule(environment, &rule.host, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(environment_begin(environment, 0, false), SYNRL_OK);
    ck_assert_int_eq(rule_start(&rule, env), SYNRL_OK);
    ck_assert_int_eq(env->loss(env, &first), SYNRL_OK);
    for (uint64_t t = 0; t < 300; t++) {
        ck_assert_int_eq(environment_begin(environment, t, false), SYNRL_OK);
        ck_assert_msg(rule_step(&rule, env) == SYNRL_OK, "%s", core->message);
    }
    draw_feedback(0, feedback);
    ck_assert_int_eq(env->weights(env, weights), SYNRL_OK);
    ck_assert_int_eq(env->gradient_by(env, feedback, by_feedback, &loss), SYNRL_OK);
    ck_assert_int_eq(env->gradient(env, gradient, &loss), SYNRL_OK);
    for (size_t i = 0; i < N_HIDDEN; i++) {
        along += (double)gradient[i] * (double)by_feedback[i];
        one += (double)gradient[i] * (double)gradient[i];
        other += (double)by_feedback[i] * (double)by_feedback[i];
    }
    ck_assert_double_lt(loss, 0.3 * first);
    ck_assert_double_gt(along / sqrt(one * other), 0.5);
    rule_clear(&rule);
}
