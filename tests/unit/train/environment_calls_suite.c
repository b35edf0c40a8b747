/* SPDX-License-Identifier: MIT */
/* What the environment offers beyond `step` and `probe`, and what it refuses: undo, step sizes per
 * tensor, probes of actions, weights, local information. */
#include "train/environment.h"

#include <math.h>
#include <string.h>

#include "plugin/host.h"
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
    static const struct value sizes[] = {INTEGER(2), INTEGER(5), INTEGER(1)};
    const struct named_value data[] = {{"samples", NUMBER(N_SAMPLES)}, {"hidden", NUMBER(5)}};
    const struct named_value model[] = {{"layers", LIST(sizes)}, {"output", STRING("tanh")}};
    core = test_core();
    struct component *boundary = test_component(core, SYNRL_KIND_DATASET, "boundary", VALUES(data));
    options = (struct train_options){
        .name = "test",
        .model = test_component(core, SYNRL_KIND_MODEL, "mlp", VALUES(model)),
        .loss = test_component(core, SYNRL_KIND_LOSS, "mse", 0, NULL),
        .iterations = 200,
        .seed = 7};
    ck_assert_int_eq(dataset_create(core, boundary, &options.data), SYNRL_OK);
    component_release(boundary);
    ck_assert_int_eq(environment_create(core, &options, &environment), SYNRL_OK);
    env = environment_public(environment);
    host_init(&rule, core, SYNRL_KIND_RULE, "test");
    environment_set_rule(environment, &rule, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(environment_begin(environment, 0, false), SYNRL_OK);
}

static void teardown(void) {
    environment_destroy(environment);
    host_release(&rule, 0);
    dataset_release(options.data);
    component_release(options.model);
    component_release(options.loss);
    core_destroy(core);
}

SUITE("environment_calls", .setup = setup, .teardown = teardown);

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

static uint64_t forwards(void) {
    struct metrics metrics;
    ck_assert_int_eq(environment_measure(environment, &metrics), SYNRL_OK);
    return metrics.sample_forwards;
}

TEST(a_step_that_nobody_asks_about_costs_no_forward) {
    int8_t actions[N];
    float asked[N], unasked[N];
    const synrl_outcome *outcome;
    some_actions(3, actions);
    const double start = loss_now();
    const uint64_t before = forwards();
    ck_assert_int_eq(env->step(env, actions, 0.1, 0.5, &outcome), SYNRL_OK);
    const double loss = outcome->loss;
    ck_assert_uint_eq(forwards(), before + N_SAMPLES);
    ck_assert_int_eq(env->weights(env, asked), SYNRL_OK);
    ck_assert_int_eq(env->undo(env), SYNRL_OK);
    begin_with(1, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(env->step(env, actions, 0.1, 0.5, NULL), SYNRL_OK);
    ck_assert_int_eq(env->weights(env, unasked), SYNRL_OK);
    ck_assert_mem_eq(asked, unasked, sizeof asked);
    ck_assert_int_eq(environment_reward(environment), 0);
    test_failure(core, SYNRL_INVALID, env->step(env, actions, 0.1, 1, NULL), "a second step");
    ck_assert_double_eq(loss_now(), loss);
    ck_assert_uint_eq(forwards(), before + 2 * N_SAMPLES);
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

/* Probes and weights --------------------------------------------------------------------------- */

TEST(probed_actions_have_the_loss_of_the_step) {
    enum { K = 3 };
    int8_t actions[K * N];
    double losses[K];
    float before[N], after[N];
    const synrl_outcome *outcome;
    for (uint64_t k = 0; k < K; k++) {
        some_actions(k, actions + k * N);
    }
    ck_assert_int_eq(env->weights(env, before), SYNRL_OK);
    ck_assert_int_eq(env->probe_actions(env, K, actions, 0.05, 2, losses), SYNRL_OK);
    ck_assert_int_eq(env->weights(env, after), SYNRL_OK);
    ck_assert_mem_eq(before, after, sizeof before);
    for (uint64_t k = 0; k < K; k++) {
        begin_with(k, SYNRL_RULE_READS_MORE, false);
        ck_assert_int_eq(env->step(env, actions + k * N, 0.05, 2, &outcome), SYNRL_OK);
        ck_assert_double_eq(outcome->loss, losses[k]);
        ck_assert_int_eq(env->undo(env), SYNRL_OK);
    }
}

TEST(weights_that_were_kept_come_back) {
    float kept[N], delta[N], now[N];
    for (size_t i = 0; i < N; i++) {
        delta[i] = 0.1F * (float)(i + 1) / 3.0F;
    }
    ck_assert_int_eq(env->weights(env, kept), SYNRL_OK);
    const double loss = loss_now();
    ck_assert_int_eq(env->shift(env, delta), SYNRL_OK);
    ck_assert_double_ne(loss_now(), loss);
    ck_assert_int_eq(env->set_weights(env, kept), SYNRL_OK);
    ck_assert_int_eq(env->weights(env, now), SYNRL_OK);
    ck_assert_mem_eq(kept, now, sizeof kept);
    ck_assert_double_eq(loss_now(), loss);
    delta[4] = NAN;
    test_failure(core, SYNRL_INVALID, env->shift(env, delta), "shift of synapse 4 is nan");
    test_failure(core, SYNRL_INVALID, env->set_weights(env, delta), "weight of synapse 4 is nan");
}

/* A step after a shift is compared with the loss after the shift, in whichever iteration. */
TEST(a_shift_is_not_what_a_step_is_paid_for) {
    const synrl_outcome *outcome;
    const int8_t none[N] = {0};
    float delta[N];
    for (uint64_t t = 0; t < 4; t++) {
        begin_with(t, SYNRL_RULE_READS_MORE, false);
        for (size_t i = 0; i < N; i++) {
            delta[i] = (t % 2 == 0 ? 0.1F : -0.2F) * (float)i;
        }
        ck_assert_int_eq(env->shift(env, delta), SYNRL_OK);
        const double shifted = loss_now();
        ck_assert_int_eq(env->step(env, none, 0.1, 1, &outcome), SYNRL_OK);
        ck_assert_double_eq(outcome->old_loss, shifted);
        ck_assert_int_eq(outcome->reward, -1);
    }
}

/* What a rule declares ------------------------------------------------------------------------- */

TEST(a_rule_that_declares_nothing_sees_only_rewards) {
    const int8_t none[N] = {0};
    const synrl_outcome *outcome;
    float floats[N];
    double number;
    begin_with(0, 0, false);
    ck_assert_int_eq(env->step(env, none, 0.1, 1, &outcome), SYNRL_OK);
    ck_assert_int_eq(outcome->reward, -1);
    ck_assert(isnan(outcome->loss) && isnan(outcome->old_loss));
    ck_assert_int_eq(env->undo(env), SYNRL_OK);
    test_failure(core, SYNRL_INVALID, env->loss(env, &number),
                 "rule \"test\": env->loss needs the trait SYNRL_RULE_READS_LOSS");
    test_failure(core, SYNRL_INVALID, env->weights(env, floats),
                 "env->weights needs the trait SYNRL_RULE_READS_MORE");
    test_failure(core, SYNRL_INVALID, env->local->perturb(env, 0, 0.1, &number),
                 "env->local->perturb needs the trait SYNRL_RULE_READS_MORE");
    begin_with(1, SYNRL_RULE_READS_LOSS, false);
    ck_assert_int_eq(env->loss(env, &number), SYNRL_OK);
    test_failure(core, SYNRL_INVALID, env->probe(env, 1, floats, 1, &number), "env->probe needs");
}

TEST(no_weight_moves_in_create) {
    const int8_t none[N] = {0};
    const float floats[N] = {0};
    const synrl_outcome *outcome;
    begin_with(0, SYNRL_RULE_READS_MORE, true);
    test_failure(core, SYNRL_INVALID, env->step(env, none, 0.1, 1, &outcome),
                 "env->step in create");
    test_failure(core, SYNRL_INVALID, env->shift(env, floats), "env->shift in create");
    ck_assert_int_eq(env->loss(env, &(double){0}), SYNRL_OK);
}

/* A failure that a rule passes over is the iteration's. */
TEST(failures_that_are_passed_over_are_kept) {
    const synrl_outcome *outcome;
    ck_assert_int_eq(environment_check(environment), SYNRL_OK);
    ck_assert_int_eq(env->step(env, NULL, 0.1, 1, &outcome), SYNRL_INVALID);
    test_failure(core, SYNRL_INVALID, environment_check(environment), "the actions are NULL");
    begin_with(1, SYNRL_RULE_READS_MORE, false);
    ck_assert_int_eq(environment_check(environment), SYNRL_OK);
}

/* Local information ---------------------------------------------------------------------------- */

static double sum_of(const int64_t *terms) {
    double sum = 0;
    for (size_t s = 0; s < N_SAMPLES; s++) {
        sum += (double)terms[s] * SYNRL_TERM_UNIT;
    }
    return sum;
}

/* The mean squared error is the sum of the terms over samples and outputs. */
TEST(sample_losses_add_up_to_the_loss) {
    int64_t clean[N_SAMPLES], noisy[N_SAMPLES], again[N_SAMPLES];
    double perturbed;
    const double loss = loss_now();
    ck_assert_int_eq(env->local->sample_losses(env, clean), SYNRL_OK);
    ck_assert_double_eq_tol(sum_of(clean) / N_SAMPLES, loss, 1e-12);
    ck_assert_int_eq(env->local->perturb(env, 0, 0.3, &perturbed), SYNRL_OK);
    ck_assert_int_eq(env->local->sample_losses(env, noisy), SYNRL_OK);
    ck_assert_double_eq_tol(sum_of(noisy) / N_SAMPLES, perturbed, 1e-12);
    ck_assert_double_ne(perturbed, loss);
    ck_assert_double_eq(loss_now(), loss);
    ck_assert_int_eq(env->local->sample_losses(env, again), SYNRL_OK);
    ck_assert_mem_eq(clean, again, sizeof clean);
}

/* rewards[s]: the sign of what the noise did to the losses of s's group. */
static void check_rewards(size_t group) {
    int64_t clean[N_SAMPLES], noisy[N_SAMPLES];
    int8_t rewards[N_SAMPLES];
    ck_assert_int_eq(env->local->sample_losses(env, clean), SYNRL_OK);
    ck_assert_int_eq(env->local->perturb(env, 3, 0.3, NULL), SYNRL_OK);
    ck_assert_int_eq(env->local->sample_losses(env, noisy), SYNRL_OK);
    int64_t falls[N_SAMPLES];
    ck_assert_int_eq(env->local->rewards(env, rewards), SYNRL_OK);
    ck_assert_int_eq(env->local->falls(env, falls), SYNRL_OK);
    for (size_t s = 0; s < N_SAMPLES; s++) {
        const size_t first = s / group * group;
        int64_t fallen = 0;
        for (size_t i = first; i < first + group && i < N_SAMPLES; i++) {
            fallen += clean[i] - noisy[i];
        }
        ck_assert_int_eq(rewards[s], (fallen > 0) - (fallen < 0));
        ck_assert_int_eq(falls[s], fallen);
    }
}

static void restart(size_t group) {
    environment_destroy(environment);
    options.reward_group = group;
    ck_assert_int_eq(environment_create(core, &options, &environment), SYNRL_OK);
    env = environment_public(environment);
    begin_with(0, SYNRL_RULE_READS_MORE, false);
}

TEST(rewards_are_paid_by_group) {
    static const size_t groups[] = {1, 7, 80};
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        restart(groups[i]);
        check_rewards(groups[i]);
    }
    restart(0); /* the batch */
    check_rewards(N_SAMPLES);
    restart(0);
    int8_t rewards[N_SAMPLES];
    test_failure(core, SYNRL_INVALID, env->local->rewards(env, rewards), "there was no perturb");
}

static void restart_with_sigmoid_units(void) {
    static const struct value sizes[] = {INTEGER(2), INTEGER(5), INTEGER(1)};
    component_release(options.model);
    options.model = test_component(core, SYNRL_KIND_MODEL, "mlp",
                                   GIVEN({"layers", LIST(sizes)}, {"activation", STRING("sigmoid")},
                                         {"output", STRING("sigmoid")}));
    restart(1);
}

/* The output is 0 or 1. */
TEST(sample_losses_are_of_the_units_that_fired) {
    int64_t clean[N_SAMPLES], fired[N_SAMPLES], falls[N_SAMPLES], again[N_SAMPLES];
    double loss, later;
    restart_with_sigmoid_units();
    ck_assert_int_eq(env->local->fire(env, 0, &loss), SYNRL_OK);
    ck_assert_uint_eq(forwards(), N_SAMPLES);
    ck_assert_int_eq(env->local->sample_losses(env, fired), SYNRL_OK);
    ck_assert_double_eq_tol(sum_of(fired) / N_SAMPLES, loss, 1e-12);
    for (size_t s = 0; s < N_SAMPLES; s++) {
        const double target = (double)dataset_data(options.data)->targets[s];
        const double error = sqrt((double)fired[s] * SYNRL_TERM_UNIT);
        ck_assert_double_le(fmin(fabs(error - fabs(target)), fabs(error - fabs(1 - target))), 1e-6);
    }
    ck_assert_uint_eq(forwards(), N_SAMPLES);
    ck_assert_int_eq(env->local->falls(env, falls), SYNRL_OK);
    ck_assert_uint_eq(forwards(), 2 * N_SAMPLES); /* the loss without was not known */
    loss_now();
    ck_assert_int_eq(env->local->sample_losses(env, clean), SYNRL_OK);
    for (size_t s = 0; s < N_SAMPLES; s++) {
        ck_assert_int_eq(falls[s], clean[s] - fired[s]);
    }
    ck_assert_int_eq(env->local->fire(env, 0, &later), SYNRL_OK);
    ck_assert_double_eq(later, loss);
    ck_assert_int_eq(env->local->fire(env, 1, &later), SYNRL_OK);
    ck_assert_double_ne(later, loss);
    loss_now();
    ck_assert_int_eq(env->local->sample_losses(env, again), SYNRL_OK);
    ck_assert_mem_eq(clean, again, sizeof clean);
    ck_assert_uint_eq(forwards(), 4 * N_SAMPLES);
}

/* What a correlation of units that fired leaves behind is not taken for the weights' own terms. */
TEST(terms_of_fired_units_do_not_stay) {
    int64_t clean[N_SAMPLES], again[N_SAMPLES];
    static float signal[5 * N_UNITS * SYNRL_LANES];
    double credit[N];
    const synrl_signal of = {.size = sizeof of, .flags = SYNRL_WHERE_FIRED, .floats = signal};
    restart_with_sigmoid_units();
    ck_assert_int_eq(env->local->sample_losses(env, clean), SYNRL_OK);
    ck_assert_int_eq(env->local->fire(env, 0, NULL), SYNRL_OK);
    loss_now();
    ck_assert_int_eq(env->local->correlate(env, &of, credit), SYNRL_OK);
    ck_assert_int_eq(env->local->sample_losses(env, again), SYNRL_OK);
    ck_assert_mem_eq(clean, again, sizeof clean);
}

TEST(noise_and_firing_are_asked_for_their_own) {
    static float values[5 * N_UNITS * SYNRL_LANES];
    double credit[N];
    const synrl_signal of = {.size = sizeof of, .flags = SYNRL_WHERE_FIRED, .floats = values};
    restart_with_sigmoid_units();
    test_failure(core, SYNRL_INVALID, env->local->changes(env, values),
                 "there was no perturb of these weights");
    test_failure(core, SYNRL_INVALID, env->local->correlate(env, &of, credit),
                 "there was no fire of these weights");
    ck_assert_int_eq(env->local->fire(env, 0, NULL), SYNRL_OK);
    test_failure(core, SYNRL_INVALID, env->local->changes(env, values), "there was no perturb");
    ck_assert_int_eq(env->local->correlate(env, &of, credit), SYNRL_OK);
    ck_assert_int_eq(env->local->perturb(env, 0, 0.1, NULL), SYNRL_OK);
    test_failure(core, SYNRL_INVALID, env->local->correlate(env, &of, credit), "no fire");
    test_failure(core, SYNRL_INVALID, env->local->changes(env, NULL), "must not be NULL");
    ck_assert_int_eq(env->local->changes(env, values), SYNRL_OK);
    restart_with_sigmoid_units(); /* tanh units are no probabilities: */
    component_release(options.model);
    static const struct value sizes[] = {INTEGER(2), INTEGER(5), INTEGER(1)};
    options.model = test_component(core, SYNRL_KIND_MODEL, "mlp", GIVEN({"layers", LIST(sizes)}));
    restart(1);
    test_failure(core, SYNRL_UNSUPPORTED, env->local->fire(env, 0, NULL),
                 "activation \"tanh\" gives what is not a probability");
}

/* Of the units of the first layer the noise, and of the output what it comes to there: tanh' is
 * within 0 .. 1, so at most the noise itself and all weights' worth of it. */
TEST(changes_are_noise_and_what_comes_of_it) {
    static float changes[5 * N_UNITS * SYNRL_LANES];
    static int8_t signs[5 * N_UNITS * SYNRL_LANES];
    float w[N];
    double most = 0.1;
    ck_assert_int_eq(env->weights(env, w), SYNRL_OK);
    for (size_t i = 15; i < 20; i++) {
        most += 0.1 * fabs((double)w[i]);
    }
    ck_assert_int_eq(env->local->perturb(env, 5, 0.1, NULL), SYNRL_OK);
    ck_assert_int_eq(env->local->changes(env, changes), SYNRL_OK);
    ck_assert_int_eq(env->local->noise(env, 5, signs), SYNRL_OK);
    for (size_t i = 0; i < 5 * N_UNITS * SYNRL_LANES; i++) {
        const double change = (double)changes[i], noise = 0.1 * signs[i];
        if (i / SYNRL_LANES % N_UNITS < 5) {
            ck_assert_double_eq_tol(change, noise, 1e-5);
        } else {
            ck_assert_double_le(fabs(change), most + 1e-5);
        }
    }
}

/* Slopes that go back by the weights make the gradient, by others not in the first layer. */
TEST(feedback_by_the_weights_is_the_gradient) {
    float w[N], by_weights[N], gradient[N], doubled[N];
    double loss, same;
    ck_assert_int_eq(env->weights(env, w), SYNRL_OK);
    ck_assert_int_eq(env->gradient(env, gradient, &loss), SYNRL_OK);
    ck_assert_int_eq(env->gradient_by(env, w, by_weights, &same), SYNRL_OK);
    ck_assert_mem_eq(gradient, by_weights, sizeof gradient);
    ck_assert_double_eq(loss, same);
    for (size_t i = 0; i < N; i++) {
        w[i] *= 2.0F;
    }
    ck_assert_int_eq(env->gradient_by(env, w, doubled, &same), SYNRL_OK);
    for (size_t i = 0; i < N; i++) {
        ck_assert_float_eq(doubled[i], (i < 15 ? 2.0F : 1.0F) * gradient[i]);
    }
    w[3] = NAN;
    test_failure(core, SYNRL_INVALID, env->gradient_by(env, w, doubled, &same),
                 "the feedback weight of synapse 3 is nan: must be finite");
    test_failure(core, SYNRL_INVALID, env->gradient_by(env, NULL, doubled, &same),
                 "the feedback weight is NULL");
}

/* Direct feedback carries the loss's own slope to the outputs: 2 (y - t) / n for mse. */
TEST(feedback_is_the_error_at_the_outputs) {
    const size_t n_blocks = env->local->n_blocks(env);
    ck_assert_uint_eq(n_blocks, 5);
    ck_assert_uint_eq(env->local->n_units(env), N_UNITS);
    float signal[5 * N_UNITS * SYNRL_LANES], outputs[N_SAMPLES];
    struct pass pass;
    ck_assert_int_eq(env->local->feedback(env, 0, signal), SYNRL_OK);
    ck_assert_int_eq(network_pass(environment_network(environment),
                                  &(struct pass_options){.outputs = outputs}, &pass),
                     SYNRL_OK);
    const synrl_data *data = dataset_data(options.data);
    float ratio[N_UNITS - 1];
    for (size_t s = 0; s < N_SAMPLES; s++) {
        const float *block = signal + s / SYNRL_LANES * N_UNITS * SYNRL_LANES + s % SYNRL_LANES;
        const float error = 2 * (outputs[s] - data->targets[s]) / N_SAMPLES;
        ck_assert_float_eq_tol(block[(N_UNITS - 1) * SYNRL_LANES], error, 1e-6F);
        for (size_t u = 0; u < N_UNITS - 1; u++) { /* one fixed weight per hidden unit */
            const float weight = block[u * SYNRL_LANES] / block[(N_UNITS - 1) * SYNRL_LANES];
            ratio[u] = s == 0 ? weight : ratio[u];
            ck_assert_float_eq_tol(weight, ratio[u], 1e-4F);
            ck_assert_float_le(fabsf(weight), 1.0F);
        }
    }
}
