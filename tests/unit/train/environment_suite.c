/* SPDX-License-Identifier: MIT */
/* The environment and the trainer: what steps, probes and batches mean and cost, and that looking
 * changes nothing. */
#include "train/environment.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/host.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"
#include "train/evaluate.h"

static struct core *core;
static struct train_options options;

/* A boundary of 80 points for a 2-5-1 network, 21 synapses, under win_stay. */
static void setup(void) {
    static const struct value layers[] = {INTEGER(2), INTEGER(5), INTEGER(1)};
    core = test_core();
    small_task_open(core, COUNT_OF(layers), layers, "euclidean", &options);
    options.rule = test_component(core, SYNRL_KIND_RULE, "win_stay", 0, NULL);
}

static void teardown(void) {
    small_run_close(&options);
    core_destroy(core);
}

SUITE("environment", .setup = setup, .teardown = teardown);

static struct environment *start(void) {
    struct environment *environment;
    ck_assert_msg(environment_create(core, &options, &environment) == SYNRL_OK, "%s",
                  core->message);
    ck_assert_int_eq(environment_begin(environment, 0, false), SYNRL_OK);
    return environment;
}

static double loss_of(synrl_env *env) {
    double loss;
    ck_assert_int_eq(env->loss(env, &loss), SYNRL_OK);
    return loss;
}

static struct metrics look(struct environment *environment) {
    struct metrics metrics;
    ck_assert_int_eq(environment_measure(environment, &metrics), SYNRL_OK);
    return metrics;
}

/* The loss at w + scale * d is what one gets by really going there and back. */
TEST(probes_see_what_a_shift_would) {
    enum { N = 21, K = 3 };
    struct environment *environment = start();
    synrl_env *env = environment_public(environment);
    ck_assert_uint_eq(env->layout->n_synapses, N);
    float directions[K * N], before[N], after[N];
    for (int i = 0; i < K * N; i++) {
        directions[i] = (float)((i * 37 % 11) - 5);
    }
    network_get_weights(environment_network(environment), before);
    const double here = loss_of(env);
    double losses[K];
    ck_assert_int_eq(env->probe(env, K, directions, 0.125, losses), SYNRL_OK);
    network_get_weights(environment_network(environment), after);
    ck_assert_mem_eq(before, after, sizeof before);
    ck_assert_double_eq(loss_of(env), here);
    for (int k = 0; k < K; k++) {
        float delta[N];
        for (int i = 0; i < N; i++) {
            delta[i] = 0.125F * directions[k * N + i];
        }
        network_set_weights(environment_network(environment), before);
        ck_assert_int_eq(env->shift(env, delta), SYNRL_OK);
        ck_assert_double_eq(loss_of(env), losses[k]);
        ck_assert_double_ne(losses[k], here);
    }
    environment_destroy(environment);
}

/* SPSA (Spall 1992) in a dozen lines, to see that `probe` and `shift` carry a rule of another kind:
 * with two probes an iteration it brings the loss down. */
TEST(spsa_fits) {
    enum { N = 21 };
    struct environment *environment = start();
    synrl_env *env = environment_public(environment);
    const double first = loss_of(env);
    uint32_t state = 1;
    for (uint64_t t = 0; t < 300; t++) {
        float directions[2 * N], delta[N];
        ck_assert_int_eq(environment_begin(environment, t, false), SYNRL_OK);
        for (int i = 0; i < N; i++) {
            state = state * 1664525U + 1013904223U;
            directions[i] = (state >> 31) != 0 ? 1.0F : -1.0F;
            directions[N + i] = -directions[i];
        }
        double losses[2];
        ck_assert_int_eq(env->probe(env, 2, directions, 0.01, losses), SYNRL_OK);
        for (int i = 0; i < N; i++) {
            delta[i] = (float)(-0.3 * (losses[0] - losses[1]) / 0.02) * directions[i];
        }
        ck_assert_int_eq(env->shift(env, delta), SYNRL_OK);
    }
    ck_assert_double_lt(loss_of(env), 0.8 * first);
    /* 2 probes of 80 samples an iteration, and the two losses asked for. */
    ck_assert_uint_eq(look(environment).sample_forwards, 300 * 2 * 80 + 2 * 80);
    environment_destroy(environment);
}

/* +1 where the loss fell, -1 where it rose or stayed; a step costs one forward pass. */
TEST(steps_reward_falling_losses) {
    enum { N = 21 };
    struct environment *environment = start();
    synrl_env *env = environment_public(environment);
    double before = loss_of(env);
    bool fell = false, rose = false;
    for (uint64_t t = 0; t < 40; t++) {
        int8_t actions[N];
        const synrl_outcome *outcome;
        ck_assert_int_eq(environment_begin(environment, t, false), SYNRL_OK);
        for (int i = 0; i < N; i++) {
            actions[i] = (int8_t)((int)((t * 31 + (uint64_t)i * 17) % 3) - 1);
        }
        ck_assert_int_eq(env->step(env, actions, 0.05, 1.0, &outcome), SYNRL_OK);
        ck_assert_int_eq(outcome->reward, outcome->loss < before ? 1 : -1);
        fell |= outcome->reward > 0;
        rose |= outcome->reward < 0;
        before = outcome->loss;
    }
    ck_assert(fell && rose);
    ck_assert_uint_eq(look(environment).sample_forwards, 41 * 80);
    const int8_t still[N] = {0};
    const synrl_outcome *outcome;
    ck_assert_int_eq(environment_begin(environment, 40, false), SYNRL_OK);
    ck_assert_int_eq(env->step(env, still, 0.05, 1.0, &outcome), SYNRL_OK);
    ck_assert_int_eq(outcome->reward, -1); /* a tie */
    ck_assert_int_eq(env->step(env, still, 0.05, 1.0, &outcome), SYNRL_INVALID);
    environment_destroy(environment);
}

TEST(steps_of_no_size_are_refused) {
    struct environment *environment = start();
    synrl_env *env = environment_public(environment);
    const int8_t actions[21] = {0};
    static const double alphas[] = {0.0, -1.0, 1e-60, 1e60};
    for (size_t i = 0; i < COUNT_OF(alphas); i++) {
        const synrl_outcome *outcome;
        ck_assert_int_eq(env->step(env, actions, alphas[i], 1.0, &outcome), SYNRL_INVALID);
    }
    environment_destroy(environment);
}

/* Batches: as many samples as asked for, drawn anew when due, the same for the same seed. After a
 * redraw "rebase" compares with the new batch's loss before the step, "as published" with the old
 * batch's. */
static void check_refresh(batch_refresh refresh) {
    options.batch_size = 20;
    options.batch_every = 5;
    options.refresh = refresh;
    struct environment *environment = start();
    synrl_env *env = environment_public(environment);
    const int8_t still[21] = {0};
    double before = loss_of(env), losses[10];
    for (uint64_t t = 0; t < 10; t++) {
        const synrl_outcome *outcome;
        ck_assert_int_eq(environment_begin(environment, t, false), SYNRL_OK);
        ck_assert_int_eq(env->step(env, still, 1.0, 1.0, &outcome), SYNRL_OK);
        losses[t] = outcome->loss;
        const bool is_redrawn = t == 5;
        const double old = is_redrawn && refresh == BATCH_REBASE ? outcome->loss : before;
        ck_assert_int_eq(outcome->reward, outcome->loss < old ? 1 : -1);
        before = outcome->loss;
    }
    ck_assert_double_eq(losses[0], losses[4]);
    ck_assert_double_ne(losses[4], losses[5]);
    ck_assert_double_eq(losses[5], losses[9]);
    environment_destroy(environment);
}

TEST(batches_are_redrawn_and_rebased) {
    check_refresh(BATCH_REBASE);
}

TEST(batches_are_redrawn_as_published) {
    check_refresh(BATCH_AS_PUBLISHED);
}

TEST(batches_larger_than_the_data_are_refused) {
    struct environment *environment;
    options.batch_size = 81;
    test_failure(core, SYNRL_INVALID, environment_create(core, &options, &environment),
                 "batch size 81: dataset \"boundary\" has 80 samples; must be 1 .. 80");
}

static uint64_t final_hash(void) {
    struct trainer *trainer;
    struct summary summary;
    ck_assert_msg(trainer_create(core, &options, &trainer) == SYNRL_OK, "%s", core->message);
    ck_assert_int_eq(trainer_run(trainer, 0, NULL), SYNRL_OK);
    trainer_summary(trainer, &summary);
    ck_assert_uint_eq(summary.iterations, options.iterations);
    trainer_destroy(trainer);
    return summary.weights_hash;
}

TEST(looking_changes_nothing) {
    options.record_every = 200;
    const uint64_t unseen = final_hash();
    options.record_every = 1;
    ck_assert_uint_eq(final_hash(), unseen);
    options.valid = dataset_retain(options.data);
    options.evaluate_every = 3;
    ck_assert_uint_eq(final_hash(), unseen);
    dataset_release(options.valid);
    options.valid = NULL;
    options.seed = 8;
    ck_assert_uint_ne(final_hash(), unseen);
}

static synrl_status stop_at_50(void *context, const struct metrics *metrics,
                               struct decision *decision) {
    (void)context;
    decision->stop = metrics->iteration >= 50;
    strcpy(decision->reason, "enough");
    return SYNRL_OK;
}

TEST(a_run_stops_on_request_and_says_why) {
    struct trainer *trainer;
    struct summary summary;
    options.decide = stop_at_50;
    options.record_every = 10;
    ck_assert_int_eq(trainer_create(core, &options, &trainer), SYNRL_OK);
    ck_assert_int_eq(trainer_run(trainer, 0, NULL), SYNRL_STOPPED);
    trainer_summary(trainer, &summary);
    ck_assert_uint_eq(summary.iterations, 50);
    ck_assert_str_eq(summary.stopped, "enough");
    trainer_destroy(trainer);
}

/* What evaluation says is what counting by hand says. */
TEST(evaluation_counts_answers) {
    struct evaluation result;
    ck_assert_int_eq(evaluate(core, options.model, NULL, options.loss, options.data, true, &result),
                     SYNRL_OK);
    const synrl_data *data = dataset_data(options.data);
    size_t n_correct = 0;
    double squares = 0;
    for (size_t s = 0; s < result.n_samples; s++) {
        const double error = (double)result.outputs[s] - (double)data->targets[s];
        squares += error * error;
        n_correct += (result.outputs[s] > 0) == (data->targets[s] > 0);
    }
    ck_assert_double_eq(result.accuracy, (double)n_correct / 80);
    ck_assert_double_eq_tol(result.loss, sqrt(squares) / 80, 1e-6);
    ck_assert_uint_eq(result.confusion[0] + result.confusion[3], n_correct);
    evaluation_free(core, &result);
    float values[3] = {0};
    struct tensor vector = {"layer1.bias", 0, 3, 0};
    const struct tensors weights = {1, 3, &vector, values, NULL};
    test_failure(core, SYNRL_INVALID,
                 evaluate(core, options.model, &weights, options.loss, options.data, true, &result),
                 "weights: has no tensor \"layer1.weight\"; it has layer1.bias");
}

static synrl_status train_a_little(struct core *scarce) {
    static const struct value sizes[] = {INTEGER(2), INTEGER(3), INTEGER(1)};
    struct train_options some = {.name = "scarce", .iterations = 3, .seed = 1, .batch_size = 30};
    struct component *boundary = NULL;
    struct trainer *trainer = NULL;
    synrl_status status =
        component_create_default(scarce, SYNRL_KIND_DATASET, "boundary", &boundary);
    if (status == SYNRL_OK) {
        status = dataset_create(scarce, boundary, &some.data);
    }
    if (status == SYNRL_OK) {
        status = component_create(scarce, SYNRL_KIND_MODEL, "mlp", &some.model);
    }
    if (status == SYNRL_OK) {
        status = test_configure(some.model, GIVEN({"layers", LIST(sizes)}));
    }
    if (status == SYNRL_OK) {
        status = component_create_default(scarce, SYNRL_KIND_LOSS, "mse", &some.loss);
    }
    if (status == SYNRL_OK) {
        status = component_create_default(scarce, SYNRL_KIND_RULE, "qlearning", &some.rule);
    }
    if (status == SYNRL_OK) {
        some.valid = some.data;
        status = trainer_create(scarce, &some, &trainer);
    }
    if (status == SYNRL_OK) {
        status = trainer_run(trainer, 0, NULL);
    }
    trainer_destroy(trainer);
    component_release(some.rule);
    component_release(some.loss);
    component_release(some.model);
    dataset_release(some.data);
    component_release(boundary);
    return status;
}

TEST(training_survives_any_failed_allocation) {
    test_short_memory(train_a_little);
}
