/* SPDX-License-Identifier: MIT */
/* What the environment offers beyond steps, and what it refuses: probes of actions, weights, local
 * information. */
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
    ck_assert_uint_eq(small_run_forwards(environment), N_SAMPLES);
    ck_assert_int_eq(env->local->sample_losses(env, fired), SYNRL_OK);
    ck_assert_double_eq_tol(sum_of(fired) / N_SAMPLES, loss, 1e-12);
    for (size_t s = 0; s < N_SAMPLES; s++) {
        const double target = (double)dataset_data(options.data)->targets[s];
        const double error = sqrt((double)fired[s] * SYNRL_TERM_UNIT);
        ck_assert_double_le(fmin(fabs(error - fabs(target)), fabs(error - fabs(1 - target))), 1e-6);
    }
    ck_assert_uint_eq(small_run_forwards(environment), N_SAMPLES);
    ck_assert_int_eq(env->local->falls(env, falls), SYNRL_OK);
    ck_assert_uint_eq(small_run_forwards(environment),
                      2 * N_SAMPLES); /* the loss without was not known */
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
    ck_assert_uint_eq(small_run_forwards(environment), 4 * N_SAMPLES);
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
    const synrl_signal moved = {sizeof moved, SYNRL_WHERE_MOVED, NULL, values};
    restart_with_sigmoid_units();
    test_failure(core, SYNRL_INVALID, env->local->changes(env, values),
                 "there was no perturb of these weights");
    test_failure(core, SYNRL_INVALID, env->local->correlate(env, &moved, credit),
                 "WHERE_MOVED: there was no perturb of these weights");
    test_failure(core, SYNRL_INVALID, env->local->correlate(env, &of, credit),
                 "there was no fire of these weights");
    ck_assert_int_eq(env->local->fire(env, 0, NULL), SYNRL_OK);
    test_failure(core, SYNRL_INVALID, env->local->changes(env, values), "there was no perturb");
    test_failure(core, SYNRL_INVALID, env->local->correlate(env, &moved, credit), "no perturb");
    ck_assert_int_eq(env->local->correlate(env, &of, credit), SYNRL_OK);
    ck_assert_int_eq(env->local->perturb(env, 0, 0.1, NULL), SYNRL_OK);
    test_failure(core, SYNRL_INVALID, env->local->correlate(env, &of, credit), "no fire");
    ck_assert_int_eq(env->local->correlate(env, &moved, credit), SYNRL_OK);
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

/* Noise at the output alone is what the output changes by. */
TEST(noise_may_have_a_size_for_each_tensor) {
    static float changes[5 * N_UNITS * SYNRL_LANES], once[5 * N_UNITS * SYNRL_LANES];
    static int8_t signs[5 * N_UNITS * SYNRL_LANES];
    static const double equal[] = {0.1, 0.1, 0.1, 0.1}, outputs[] = {0.0, 7.0, 0.5, 7.0};
    double loss, again;
    ck_assert_uint_eq(env->layout->n_tensors, COUNT_OF(equal));
    ck_assert_int_eq(env->local->perturb(env, 2, 0.1, &loss), SYNRL_OK);
    ck_assert_int_eq(env->local->changes(env, once), SYNRL_OK);
    ck_assert_int_eq(env->local->perturb_tensors(env, 2, equal, &again), SYNRL_OK);
    ck_assert_int_eq(env->local->changes(env, changes), SYNRL_OK);
    ck_assert_double_eq(loss, again);
    ck_assert_mem_eq(changes, once, sizeof changes);
    ck_assert_int_eq(env->local->perturb_tensors(env, 2, outputs, NULL), SYNRL_OK);
    ck_assert_int_eq(env->local->changes(env, changes), SYNRL_OK);
    ck_assert_int_eq(env->local->noise(env, 2, signs), SYNRL_OK);
    for (size_t i = 0; i < 5 * N_UNITS * SYNRL_LANES; i++) {
        const double sigma = i / SYNRL_LANES % N_UNITS < 5 ? 0.0 : 0.5;
        ck_assert_double_eq_tol((double)changes[i], sigma * signs[i], 1e-6);
    }
    test_failure(core, SYNRL_INVALID, env->local->perturb_tensors(env, 2, NULL, NULL),
                 "the array of sigmas must not be NULL");
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
