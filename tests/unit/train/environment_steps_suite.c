/* SPDX-License-Identifier: MIT */
/* Steps: by actions, by sizes per tensor, of rank one; what undoes them, and what is refused. */
#include "train/environment.h"

#include <math.h>
#include <string.h>

#include "plugin/host.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"
#include "synrl/rule.h"

enum { N = 21, N_SAMPLES = 80, N_UNITS = 6 };

static struct core *core;
static struct train_options options;
static struct environment *environment;
static synrl_env *env;
static struct host rule;

/* 2-5-1 on 80 points: synapses 0..9 weight, 10..14 bias, 15..19 weight, 20 bias. */
static void setup(void) {
    static const struct value layers[] = {INTEGER(2), INTEGER(5), INTEGER(1)};
    core = test_core();
    small_task_open(core, COUNT_OF(layers), layers, "mse", &options);
    ck_assert_int_eq(environment_create(core, &options, &environment), SYNRL_OK);
    env = environment_public(environment);
    host_init(&rule, core, SYNRL_KIND_RULE, "test");
    environment_set_rule(environment, &rule, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(environment_begin(environment, 0, false), SYNRL_OK);
}

static void teardown(void) {
    environment_destroy(environment);
    host_release(&rule, 0);
    small_run_close(&options);
    core_destroy(core);
}

SUITE("environment_steps", .setup = setup, .teardown = teardown);

static void begin_with(uint64_t iteration, uint32_t traits, bool is_creating) {
    environment_set_rule(environment, &rule, traits, is_creating);
    ck_assert_int_eq(environment_begin(environment, iteration, false), SYNRL_OK);
}

static void some_actions(uint64_t seed, int8_t *actions) {
    for (uint64_t i = 0; i < N; i++) {
        actions[i] = (int8_t)((int)((seed * 31 + i * 17) % 3) - 1);
    }
}

static double loss_now(void) {
    double loss;
    ck_assert_int_eq(env->loss(env, &loss), SYNRL_OK);
    return loss;
}

/* Undo ----------------------------------------------------------------------------------------- */

TEST(undo_gives_back_the_bits_and_the_loss) {
    float before[N], after[N];
    const synrl_outcome *outcome;
    int8_t actions[N];
    for (uint64_t t = 0; t < 20; t++) {
        begin_with(t, SYNRL_RULE_READS_MORE, false);
        ck_assert_int_eq(env->weights(env, before), SYNRL_OK);
        const double loss = loss_now();
        some_actions(t, actions);
        ck_assert_int_eq(env->step(env, actions, 0.03, 0.5, &outcome), SYNRL_OK);
        memset(actions, 1, sizeof actions); /* the caller's again */
        if (t % 3 != 0) {
            ck_assert_int_eq(env->undo(env), SYNRL_OK);
            ck_assert_int_eq(env->weights(env, after), SYNRL_OK);
            ck_assert_mem_eq(before, after, sizeof before);
            ck_assert_double_eq(loss_now(), loss);
        }
    }
    test_failure(core, SYNRL_INVALID, env->undo(env),
                 "there is no step on this batch to take back");
}

/* The next reward compares with the loss that the undo went back to. */
TEST(a_step_after_an_undo_is_paid_for_its_own) {
    const synrl_outcome *outcome;
    int8_t actions[N], none[N] = {0};
    some_actions(1, actions);
    const double start = loss_now();
    ck_assert_int_eq(env->step(env, actions, 0.1, 1, &outcome), SYNRL_OK);
    const double moved = outcome->loss;
    ck_assert_double_ne(moved, start);
    ck_assert_int_eq(env->undo(env), SYNRL_OK);
    begin_with(1, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(env->step(env, none, 0.1, 1, &outcome), SYNRL_OK);
    ck_assert_double_eq(outcome->old_loss, start);
    ck_assert_double_eq(outcome->loss, start);
    ck_assert_int_eq(outcome->reward, -1); /* a tie */
}

/* Steps ---------------------------------------------------------------------------------------- */

TEST(step_sizes_per_tensor_move_each_by_its_own) {
    const double alphas[4] = {0.5, 0, 0.25, 0.125};
    float before[N], after[N];
    int8_t up[N];
    const synrl_outcome *outcome;
    memset(up, 1, sizeof up);
    ck_assert_int_eq(env->weights(env, before), SYNRL_OK);
    ck_assert_int_eq(env->step_tensors(env, up, alphas, &outcome), SYNRL_OK);
    ck_assert_int_eq(env->weights(env, after), SYNRL_OK);
    for (size_t i = 0; i < N; i++) {
        const double alpha = alphas[i < 10 ? 0 : i < 15 ? 1 : i < 20 ? 2 : 3];
        ck_assert_float_eq(after[i], (float)((double)before[i] + alpha));
    }
    const double wrong[4] = {0.5, -1, 0.25, 0.125};
    begin_with(1, SYNRL_RULE_READS_MORE, false);
    test_failure(core, SYNRL_INVALID, env->step_tensors(env, up, wrong, &outcome),
                 "alpha = -1 for tensor \"layer1.bias\"");
}

TEST(what_is_no_action_is_refused_by_synapse) {
    int8_t actions[N] = {0};
    const synrl_outcome *outcome;
    static const int8_t wrong[] = {2, 100, -2, -128};
    for (size_t i = 0; i < sizeof wrong; i++) {
        actions[17] = wrong[i];
        char message[64];
        snprintf(message, sizeof message, "the action of synapse 17 is %d", wrong[i]);
        begin_with(i, SYNRL_RULE_READS_MORE, false);
        test_failure(core, SYNRL_INVALID, env->step(env, actions, 0.1, 1, &outcome), message);
    }
    test_failure(core, SYNRL_INVALID, env->step(env, NULL, 0.1, 1, &outcome), "actions are NULL");
    actions[17] = 0;
    begin_with(5, 0, false);
    test_failure(core, SYNRL_INVALID, env->step(env, actions, 0.1, 1, NULL), "outcome of a step");
}

TEST(a_step_that_nobody_asks_about_costs_no_forward) {
    int8_t actions[N];
    float asked[N], unasked[N];
    const synrl_outcome *outcome;
    some_actions(3, actions);
    const double start = loss_now();
    const uint64_t before = small_run_forwards(environment);
    ck_assert_int_eq(env->step(env, actions, 0.1, 0.5, &outcome), SYNRL_OK);
    const double loss = outcome->loss;
    ck_assert_uint_eq(small_run_forwards(environment), before + N_SAMPLES);
    ck_assert_int_eq(env->weights(env, asked), SYNRL_OK);
    ck_assert_int_eq(env->undo(env), SYNRL_OK);
    begin_with(1, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(env->step(env, actions, 0.1, 0.5, NULL), SYNRL_OK);
    ck_assert_int_eq(env->weights(env, unasked), SYNRL_OK);
    ck_assert_mem_eq(asked, unasked, sizeof asked);
    ck_assert_int_eq(environment_reward(environment), 0);
    test_failure(core, SYNRL_INVALID, env->step(env, actions, 0.1, 1, NULL), "a second step");
    ck_assert_double_eq(loss_now(), loss);
    ck_assert_uint_eq(small_run_forwards(environment), before + 2 * N_SAMPLES);
    ck_assert_int_eq(env->undo(env), SYNRL_OK);
    ck_assert_double_eq(loss_now(), start);
    /* The reward of a later step is against the weights as they are. */
    begin_with(2, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(env->step(env, actions, 0.1, 0.5, NULL), SYNRL_OK);
    begin_with(3, SYNRL_RULE_READS_MORE, false);
    memset(actions, 0, sizeof actions);
    ck_assert_int_eq(env->step(env, actions, 0.1, 0.5, &outcome), SYNRL_OK);
    ck_assert_double_eq(outcome->old_loss, loss);
}

/* Steps of rank one ---------------------------------------------------------------------------- */

enum { N_U = 12, N_V = 7 }; /* rows 5, 5 of the bias, 1, 1 of the bias; columns 2 and 5 */

/* The actions of one step, and their factors. */
struct factors {
    int8_t u[N_U], v[N_V], actions[N];
};

static struct factors some_factors(uint64_t seed) {
    struct factors made;
    for (uint64_t i = 0; i < N_U + N_V; i++) {
        const int8_t factor = (int8_t)((int)((seed * 29 + i * i * 7 + i) % 3) - 1);
        *(i < N_U ? &made.u[i] : &made.v[i - N_U]) = factor;
    }
    for (int i = 0; i < 5; i++) {
        made.actions[2 * i] = (int8_t)(made.u[i] * made.v[0]);
        made.actions[2 * i + 1] = (int8_t)(made.u[i] * made.v[1]);
        made.actions[10 + i] = made.u[5 + i];
        made.actions[15 + i] = (int8_t)(made.u[10] * made.v[2 + i]);
    }
    made.actions[20] = made.u[11];
    return made;
}

TEST(a_step_of_rank_one_moves_rows_times_columns) {
    float before[N], after[N];
    const synrl_outcome *outcome;
    size_t n_u, n_v;
    synrl_rank_one_sizes(env->layout, &n_u, &n_v);
    ck_assert(n_u == N_U && n_v == N_V);
    const struct factors factors = some_factors(1);
    ck_assert_int_eq(env->weights(env, before), SYNRL_OK);
    const double loss = loss_now();
    ck_assert_int_eq(env->step_rank_one(env, factors.u, factors.v, 0.25, 2, &outcome), SYNRL_OK);
    ck_assert_double_eq(outcome->old_loss, loss);
    ck_assert_double_eq(outcome->loss, loss_now());
    ck_assert_int_eq(env->weights(env, after), SYNRL_OK);
    for (size_t i = 0; i < N; i++) {
        const double alpha = (i >= 10 && i < 15) || i == 20 ? 0.5 : 0.25;
        ck_assert_float_eq(after[i], (float)((double)before[i] + alpha * factors.actions[i]));
    }
}

/* Losses and weights of a few steps, each now and then taken back, after a resume too. */
struct trace {
    double losses[60][2];
    float weights[60][N];
};

static void save_and_load(void) {
    struct network *network = environment_network(environment);
    const size_t own_size = environment_state_size(environment), size = network_state_size(network);
    char *own = core_alloc(core, own_size, 1), *state = core_alloc(core, size, 1);
    environment_save(environment, own);
    ck_assert_int_eq(network_save(network, state), SYNRL_OK);
    ck_assert_int_eq(environment_load(environment, own), SYNRL_OK);
    ck_assert_int_eq(network_load(environment_network(environment), state, size), SYNRL_OK);
    environment_loaded(environment);
    core_free(core, own);
    core_free(core, state);
}

static void trace_steps(bool is_rank_one, struct trace *trace) {
    for (uint64_t t = 0; t < 60; t++) {
        const double alpha = t % 11 == 10 ? 0.01 : 0.03;
        const struct factors f = some_factors(t);
        const synrl_outcome *outcome;
        double probed;
        begin_with(t, SYNRL_RULE_READS_MORE, false);
        ck_assert_int_eq(is_rank_one ? env->step_rank_one(env, f.u, f.v, alpha, 0.5, &outcome)
                                     : env->step(env, f.actions, alpha, 0.5, &outcome),
                         SYNRL_OK);
        trace->losses[t][0] = outcome->old_loss;
        trace->losses[t][1] = outcome->loss;
        if (t % 7 == 3) {
            save_and_load();
        }
        if (t % 5 == 4) {
            ck_assert_int_eq(env->probe_actions(env, 1, f.actions, 0.03, 1, &probed), SYNRL_OK);
        } else if (t % 3 == 0) {
            ck_assert_int_eq(env->undo(env), SYNRL_OK);
        }
        ck_assert_int_eq(env->weights(env, trace->weights[t]), SYNRL_OK);
    }
}

TEST(steps_of_rank_one_end_as_the_same_actions_do) {
    static struct trace by_rank, one_by_one;
    trace_steps(true, &by_rank);
    environment_destroy(environment);
    ck_assert_int_eq(environment_create(core, &options, &environment), SYNRL_OK);
    env = environment_public(environment);
    trace_steps(false, &one_by_one);
    ck_assert_mem_eq(&by_rank, &one_by_one, sizeof by_rank);
}

TEST(misuse_of_a_step_of_rank_one_is_named) {
    struct factors f = some_factors(2);
    const synrl_outcome *outcome;
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, NULL, f.v, 0.1, 1, &outcome),
                 "rule \"test\": env->step_rank_one: u is NULL: must be 12 actions");
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, f.u, NULL, 0.1, 1, &outcome),
                 "v is NULL: must be 7 actions");
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, f.u, f.v, 0, 1, &outcome),
                 "a step of alpha = 0");
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, f.u, f.v, 0.1, -1, &outcome),
                 "bias_scale = -1");
    f.u[11] = 2;
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, f.u, f.v, 0.1, 1, &outcome),
                 "u[11] of 12 is 2: must be -1, 0 or 1");
    f.u[11] = 0;
    f.v[6] = -128;
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, f.u, f.v, 0.1, 1, &outcome),
                 "v[6] of 7 is -128: must be -1, 0 or 1");
    f.v[6] = 1;
    ck_assert_int_eq(env->step_rank_one(env, f.u, f.v, 0.1, 1, &outcome), SYNRL_OK);
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, f.u, f.v, 0.1, 1, &outcome),
                 "a second step in iteration 0");
    begin_with(0, 0, false);
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, f.u, f.v, 0.1, 1, NULL),
                 "the outcome of a step is NULL");
    begin_with(0, 0, true);
    test_failure(core, SYNRL_INVALID, env->step_rank_one(env, f.u, f.v, 0.1, 1, &outcome),
                 "env->step_rank_one in create");
}
