/* SPDX-License-Identifier: MIT */
/* The real trainer against the slow one in tests/ref: the same actions, rewards, losses, weights
 * and tables, bit for bit, for 500 iterations. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/component.h"
#include "plugin/host.h"
#include "plugin/schedule.h"
#include "policy/policy.h"
#include "ref/reference.h"
#include "support/pace.h"
#include "support/support.h"
#include "support/test.h"
#include "train/dataset.h"
#include "train/trainer.h"

enum { ITERATIONS = 500 };

/* A run of the real trainer beside the finished run of the slow one. */
struct comparison {
    struct trainer *trainer;
    const struct reference_options *options;
    const struct reference_result *expected;
    int32_t *moves; /* [n_synapses]: sums of the slow trainer's actions */
    float *weights; /* [n_synapses], scratch */
};

static struct core *core;

static void setup(void) {
    core = test_core();
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("reference", .setup = setup, .teardown = teardown);

static struct component *configured(synrl_kind kind, const char *id, size_t n,
                                    const struct named_value *values) {
    struct component *component = test_component(core, kind, id, n, values);
    return component;
}

static bool is_bias(const synrl_layout *layout, size_t synapse) {
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        if (synapse >= tensor->first &&
            synapse < tensor->first + tensor->n_rows * tensor->n_columns) {
            return tensor->is_bias;
        }
    }
    return false;
}

/* After every iteration the weights are w0 + alpha * (sum of the slow trainer's actions): so each
 * action so far was the same. */
static synrl_status compare_record(void *context, const struct metrics *metrics) {
    const struct comparison *comparison = context;
    const struct reference_options *options = comparison->options;
    const synrl_layout *layout = trainer_layout(comparison->trainer);
    const uint64_t t = metrics->iteration, every = options->halved_every;
    const uint64_t n_halvings = every > 0 && t > 0 ? (t - 1) / every : 0;
    const bool is_halved = every > 0 && t > 1 && (t - 1) % every == 0;
    const float alpha = ldexpf(options->alpha_s, -(int)n_halvings);
    trainer_weights(comparison->trainer, comparison->weights);
    for (size_t i = 0; i < layout->n_synapses; i++) {
        if (t > 0) {
            comparison->moves[i] *= is_halved ? 2 : 1;
            comparison->moves[i] += comparison->expected->actions[(t - 1) * layout->n_synapses + i];
        }
        const float step = is_bias(layout, i) ? options->bias_scale * alpha : alpha;
        const float expected =
            (float)((double)options->weights[i] + (double)step * comparison->moves[i]);
        CHECK_OFTEN(comparison->weights[i] == expected,
                    "iteration %llu, synapse %zu: %.9g, not %.9g", (unsigned long long)t, i,
                    (double)comparison->weights[i], (double)expected);
    }
    ck_assert_msg(metrics->loss == comparison->expected->losses[t],
                  "iteration %llu: loss %.17g, not %.17g", (unsigned long long)t, metrics->loss,
                  comparison->expected->losses[t]);
    return SYNRL_OK;
}

static synrl_status compare_reward(void *context, uint64_t iteration, int reward) {
    const struct comparison *comparison = context;
    ck_assert_int_eq(reward, comparison->expected->rewards[iteration]);
    return SYNRL_OK;
}

/* Runs both. The reference's weights and data are taken from the real model and data set. */
static void compare(const struct train_options *options, struct reference_options *reference) {
    struct trainer *trainer;
    ck_assert_msg(trainer_create(core, options, &trainer) == SYNRL_OK, "%s", core->message);
    const size_t n = trainer_layout(trainer)->n_synapses;
    float *weights = malloc(n * sizeof *weights);
    trainer_weights(trainer, weights);
    reference->weights = weights;
    reference->iterations = options->iterations;
    reference->seed = options->seed;
    struct reference_result expected = reference_train(reference);
    ck_assert_uint_eq(expected.n_synapses, n);
    struct comparison comparison = {.trainer = trainer,
                                    .options = reference,
                                    .expected = &expected,
                                    .moves = calloc(n, sizeof(int32_t)),
                                    .weights = malloc(n * sizeof(float))};
    const struct observer observer = {
        .context = &comparison, .record = compare_record, .reward = compare_reward};
    ck_assert_msg(trainer_run(trainer, 1, &observer) == SYNRL_OK, "%s", core->message);
    trainer_weights(trainer, comparison.weights);
    ck_assert_mem_eq(comparison.weights, expected.weights, n * sizeof(float));
    if (reference->learns) {
        const synrl_policy *policy = trainer_policy(trainer);
        const size_t n_q = policy->n_reward_histories * policy->n_action_histories * 3;
        ck_assert_mem_eq(policy->q, expected.q, n_q * sizeof(double));
    }
    free(comparison.moves);
    free(comparison.weights);
    free(weights);
    reference_free(&expected);
    trainer_destroy(trainer);
}

static void release(struct train_options *options) {
    dataset_release(options->data);
    component_release(options->model);
    component_release(options->loss);
    component_release(options->rule);
}

static struct dataset *dataset_of(struct component *component) {
    struct dataset *data;
    ck_assert_msg(dataset_create(core, component, &data) == SYNRL_OK, "%s", core->message);
    component_release(component);
    return data;
}

/* The paper's boundary task, small; Q-learned in a sequential sweep; biases move double. */
TEST(boundary_qlearning_equals_the_slow_trainer) {
    static const struct value sizes[] = {INTEGER(2), INTEGER(9), INTEGER(1)};
    const struct named_value data[] = {{"samples", NUMBER(70)}, {"hidden", NUMBER(9)}};
    const struct named_value model[] = {{"layers", LIST(sizes)}, {"output", STRING("tanh")}};
    const struct named_value rule[] = {
        {"memory", NUMBER(2)}, {"sweep", STRING("sequential")}, {"bias_scale", NUMBER(2)}};
    struct train_options options = {
        .name = "test",
        .data = dataset_of(configured(SYNRL_KIND_DATASET, "boundary", VALUES(data))),
        .model = configured(SYNRL_KIND_MODEL, "mlp", VALUES(model)),
        .loss = configured(SYNRL_KIND_LOSS, "euclidean", 0, NULL),
        .rule = configured(SYNRL_KIND_RULE, "qlearning", VALUES(rule)),
        .iterations = ITERATIONS,
        .record_every = 1,
        .seed = 0x123456789ABCDEFULL};
    const synrl_data *samples = dataset_data(options.data);
    struct reference_options reference = {.n_samples = samples->n_samples,
                                          .floats = samples->inputs,
                                          .targets = samples->targets,
                                          .n_sizes = 3,
                                          .sizes = {2, 9, 1},
                                          .hidden = REFERENCE_TANH,
                                          .output = REFERENCE_TANH,
                                          .n_actions = 2,
                                          .n_rewards = 2,
                                          .learns = true,
                                          .alpha_q = 0.01,
                                          .gamma = 0.9,
                                          .epsilon = 0.25,
                                          .alpha_s = 0.001F,
                                          .bias_scale = 2.0F};
    compare(&options, &reference);
    release(&options);
}

static struct schedule *halvings(double from, uint64_t every) {
    struct schedule *schedule;
    uint64_t iterations[ITERATIONS];
    double values[ITERATIONS];
    size_t n = 0;
    do {
        iterations[n] = n * every;
        values[n] = ldexp(from, -(int)n);
        n++;
    } while (every > 0 && n * every < ITERATIONS);
    ck_assert_int_eq(schedule_steps(core, n, iterations, values, &schedule), SYNRL_OK);
    return schedule;
}

/* Bytes, labels, relu, one hidden layer, a frozen policy of unequal memories. */
static void check_pixels(size_t n_inputs, size_t n_hidden, double epsilon, uint64_t halved_every) {
    const struct value sizes[] = {INTEGER((int64_t)n_inputs), INTEGER((int64_t)n_hidden),
                                  INTEGER(10)};
    const struct value flat[] = {sizes[0], sizes[2]};
    const size_t n_sizes = n_hidden > 0 ? 3 : 2;
    const struct named_value data[] = {{"samples", NUMBER(45)},
                                       {"inputs", NUMBER((double)n_inputs)}};
    const struct named_value model[] = {{"layers", LIST_OF(n_sizes, n_hidden > 0 ? sizes : flat)},
                                        {"activation", STRING("relu")}};
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 3, 1, 0, &policy), SYNRL_OK);
    for (size_t i = 0; i < 3 * 27 * 3; i++) {
        policy->q[i] = (double)(i * 7919 % 1009);
    }
    struct schedule *alpha_s = halvings(1e-4, halved_every);
    const struct named_value rule[] = {
        {"policy", POLICY(policy)},
        {"epsilon", NUMBER(epsilon)},
        {"alpha_s", SCHEDULE(alpha_s)},
    };
    struct train_options options = {
        .name = "test",
        .data = dataset_of(configured(SYNRL_KIND_DATASET, "pixels", VALUES(data))),
        .model = configured(SYNRL_KIND_MODEL, "mlp", VALUES(model)),
        .loss = configured(SYNRL_KIND_LOSS, "cross_entropy", 0, NULL),
        .rule = configured(SYNRL_KIND_RULE, "static", VALUES(rule)),
        .iterations = ITERATIONS,
        .record_every = 1,
        .seed = 3};
    const synrl_data *samples = dataset_data(options.data);
    struct reference_options reference = {.n_samples = samples->n_samples,
                                          .bytes = samples->inputs,
                                          .scale = samples->scale,
                                          .labels = samples->labels,
                                          .n_sizes = n_sizes,
                                          .sizes = {n_inputs, n_hidden > 0 ? n_hidden : 10, 10},
                                          .hidden = REFERENCE_RELU,
                                          .output = REFERENCE_IDENTITY,
                                          .n_actions = 3,
                                          .n_rewards = 1,
                                          .q = policy->q,
                                          .epsilon = epsilon,
                                          .alpha_s = 1e-4F,
                                          .bias_scale = 1.0F,
                                          .halved_every = halved_every};
    compare(&options, &reference);
    schedule_release(alpha_s);
    policy_release(policy);
    release(&options);
}

TEST(pixels_static_equals_the_slow_trainer) {
    check_pixels(50, 7, 0.1, 0);
}

TEST(pixels_without_hidden_layer_equals_the_slow_trainer) {
    check_pixels(33, 0, 0.5, 0);
}

/* 100 acts at each of five sizes: |k| stays below 3,200. */
TEST(pixels_with_halvings_equal_the_slow_trainer) {
    check_pixels(50, 7, 0.1, 100);
    check_pixels(33, 0, 0.5, 100);
}
