/* SPDX-License-Identifier: MIT */
/* guess against a plain loop of its definition, on a loss of the weights that is known and another
 * for each batch. */
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "support/rules.h"
#include "support/support.h"
#include "support/test.h"

enum { N = 5, SEED = 11, ITERATIONS = 300 };

static struct world {
    synrl_env env;
    float weights[N];
    uint64_t batch_every; /* 0: one batch */
    uint64_t n_losses, nan_until, infinite_until;
} world;

static const synrl_layout layout = {.size = sizeof layout, .n_synapses = N};
static struct core *core;

/* Far from the centre of the range, so that few guesses are better; batches disagree. */
static double loss_at(const float *weights, uint64_t batch) {
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        const double off = (double)weights[i] - (double)((i + batch) % 4);
        sum += off * off;
    }
    return sum;
}

static synrl_status fake_loss(synrl_env *env, double *loss) {
    world.n_losses++;
    *loss = env->iteration < world.nan_until        ? (double)NAN
            : env->iteration < world.infinite_until ? (double)INFINITY
                                                    : loss_at(world.weights, env->batch);
    return SYNRL_OK;
}

static synrl_status fake_weights(synrl_env *env, float *weights) {
    (void)env;
    memcpy(weights, world.weights, sizeof world.weights);
    return SYNRL_OK;
}

static synrl_status fake_set_weights(synrl_env *env, const float *weights) {
    (void)env;
    memcpy(world.weights, weights, sizeof world.weights);
    return SYNRL_OK;
}

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &layout,
                                   .seed = SEED,
                                   .loss = fake_loss,
                                   .weights = fake_weights,
                                   .set_weights = fake_set_weights},
                           .weights = {1, 1, 1, 1, 1}};
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("guess", .setup = setup, .teardown = teardown);

static void guess_number(uint64_t iteration, float range, float *weights) {
    random_api.uniform((synrl_stream){SEED, iteration, SYNRL_PURPOSE_PLUGIN}, 0, N, -range, range,
                       weights);
}

static uint64_t batch_at(uint64_t iteration) {
    return world.batch_every > 0 ? iteration / world.batch_every : 0;
}

static void play(struct rule *rule, uint64_t iteration) {
    world.env.iteration = iteration;
    world.env.batch = batch_at(iteration);
    ck_assert_msg(rule_step(rule, &world.env) == SYNRL_OK, "%s", core->message);
}

static void open_guess(struct rule *rule, double range) {
    test_rule(core, rule, &world.env, "guess", GIVEN({"range", NUMBER(range)}));
}

/* The best of guesses first .. last on a batch: by comparing all of them, each time again. */
static uint64_t best_of(uint64_t first, uint64_t last, float range, uint64_t batch) {
    float weights[N];
    uint64_t best = first;
    double least = (double)INFINITY;
    for (uint64_t t = first; t <= last; t++) {
        guess_number(t, range, weights);
        if (loss_at(weights, batch) < least) {
            least = loss_at(weights, batch);
            best = t;
        }
    }
    return best;
}

static void check_guess(uint64_t number, float range) {
    float expected[N];
    guess_number(number, range, expected);
    ck_assert_mem_eq(world.weights, expected, sizeof expected);
}

TEST(keeps_the_best_of_all_guesses) {
    struct rule rule;
    uint64_t n_changes = 0, last = 0;
    open_guess(&rule, 3);
    for (uint64_t t = 0; t < ITERATIONS; t++) {
        play(&rule, t);
        const uint64_t best = best_of(0, t, 3, 0);
        check_guess(best, 3);
        n_changes += best != last;
        last = best;
    }
    ck_assert_uint_eq(world.n_losses, ITERATIONS);
    ck_assert(n_changes >= 2 && n_changes < ITERATIONS / 4);
    rule_clear(&rule);
}

/* The best so far is asked again on a new batch: what was best on an older one may not be. */
TEST(compares_on_one_batch) {
    struct rule rule;
    uint64_t best = 0, n_wrong = 0;
    float kept[N], guess[N];
    world.batch_every = 7;
    open_guess(&rule, 2);
    for (uint64_t t = 0; t < ITERATIONS; t++) {
        play(&rule, t);
        guess_number(best, 2, kept);
        guess_number(t, 2, guess);
        best = t == 0 || loss_at(guess, t / 7) < loss_at(kept, t / 7) ? t : best;
        check_guess(best, 2);
        n_wrong += best != best_of(0, t, 2, 0);
    }
    ck_assert_uint_eq(world.n_losses, ITERATIONS + (ITERATIONS - 1) / 7);
    ck_assert_uint_gt(n_wrong, 0);
    rule_clear(&rule);
}

TEST(losses_that_are_not_finite_are_never_the_best) {
    static const float initial[N] = {1, 1, 1, 1, 1};
    struct rule rule;
    world.nan_until = 4;
    world.infinite_until = 9;
    open_guess(&rule, 3);
    for (uint64_t t = 0; t < 9; t++) {
        play(&rule, t);
        ck_assert_mem_eq(world.weights, initial, sizeof initial);
    }
    for (uint64_t t = 9; t < 60; t++) {
        play(&rule, t);
        check_guess(best_of(9, t, 3, 0), 3);
    }
    world.nan_until = 70;
    const uint64_t best = best_of(9, 59, 3, 0);
    for (uint64_t t = 60; t < 70; t++) {
        play(&rule, t);
        check_guess(best, 3);
    }
    rule_clear(&rule);
}

/* A rule that is given the state of another continues as that would have. */
TEST(continues_where_it_was) {
    for (uint64_t stop = 0; stop < 30; stop++) {
        struct rule rule, other;
        open_guess(&rule, 3);
        open_guess(&other, 3);
        world.batch_every = 8;
        for (uint64_t t = 0; t < stop; t++) {
            play(&rule, t);
        }
        test_hand_over(core, &rule, &other);
        const struct world middle = world;
        for (uint64_t t = stop; t < stop + 20; t++) {
            play(&rule, t);
        }
        const struct world whole = world;
        world = middle;
        for (uint64_t t = stop; t < stop + 20; t++) {
            play(&other, t);
        }
        ck_assert_mem_eq(world.weights, whole.weights, sizeof whole.weights);
        ck_assert_uint_eq(world.n_losses, whole.n_losses);
        rule_clear(&rule);
        rule_clear(&other);
    }
}
