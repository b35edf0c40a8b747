/* SPDX-License-Identifier: MIT */
/* egg_vote on a loss whose terms are known: against votes counted by hand from the random words,
 * and against the closed form of a vote. */
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "support/rules.h"
#include "support/support.h"
#include "support/test.h"

enum { N = 70, SEED = 11, PAIRS_MAX = 900 };

/* L(w + alpha a) = sum_i slopes[i] a_i; notes what is probed and the step. */
static struct world {
    synrl_env env;
    double slopes[N], alpha;
    int8_t probed[2 * PAIRS_MAX][N], actions[N];
    size_t n_probed;
    bool is_flat, is_nan;
} world;

static const synrl_layout layout = {.size = sizeof layout, .n_synapses = N};
static struct core *core;

static synrl_status fake_probe(synrl_env *env, size_t n, const int8_t *actions, double alpha,
                               double bias_scale, double *losses) {
    (void)env;
    ck_assert(n == 1 && bias_scale == 2 && world.n_probed < 2 * PAIRS_MAX);
    world.alpha = alpha;
    memcpy(world.probed[world.n_probed++], actions, N);
    *losses = world.is_nan ? (double)NAN : 0;
    for (size_t i = 0; i < N && !world.is_flat; i++) {
        *losses += world.slopes[i] * actions[i];
    }
    return SYNRL_OK;
}

static synrl_status fake_step(synrl_env *env, const int8_t *actions, double alpha,
                              double bias_scale, const synrl_outcome **outcome) {
    (void)env;
    ck_assert(alpha == world.alpha && bias_scale == 2);
    ck_assert_ptr_null(outcome); /* its loss is not needed, and so costs no pass */
    memcpy(world.actions, actions, N);
    return SYNRL_OK;
}

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &layout,
                                   .seed = SEED,
                                   .step = fake_step,
                                   .probe_actions = fake_probe}};
    for (int i = 0; i < N; i++) {
        world.slopes[i] = (i % 3 - 1) * (1.0 + i % 5);
    }
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("egg_vote", .setup = setup, .teardown = teardown);

static void one_step(uint64_t iteration, int pairs, double threshold) {
    struct rule rule;
    test_rule(core, &rule, &world.env, "egg_vote",
              GIVEN({"pairs", INTEGER(pairs)}, {"threshold", NUMBER(threshold)},
                    {"bias_scale", NUMBER(2)}));
    world.env.iteration = iteration;
    world.n_probed = 0;
    ck_assert_msg(rule_step(&rule, &world.env) == SYNRL_OK, "%s", core->message);
    ck_assert_uint_eq(world.n_probed, 2 * (size_t)pairs);
    rule_clear(&rule);
}

/* The bits of three words for each pair; opposite ways; votes, and who moves beyond the threshold.
 */
TEST(votes_are_counted_as_by_hand) {
    static const struct {
        int pairs;
        double threshold;
    } cases[] = {{1, 0}, {2, 0}, {7, 0}, {7, 2.5}, {8, 4}, {5, 5}};
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        int votes[N] = {0}, n_still = 0;
        one_step(3 + c, cases[c].pairs, cases[c].threshold);
        for (int k = 0; k < cases[c].pairs; k++) {
            uint32_t words[3];
            int signs[N];
            double rise = 0; /* L+ - L-, halved */
            random_api.words((synrl_stream){SEED, 3 + c, SYNRL_PURPOSE_PLUGIN}, 3 * (uint64_t)k, 3,
                             words);
            for (int i = 0; i < N; i++) {
                signs[i] = words[i / 32] / (1U << i % 32) % 2 == 1 ? 1 : -1;
                rise += world.slopes[i] * signs[i];
                ck_assert_int_eq(world.probed[2 * k][i], signs[i]);
                ck_assert_int_eq(world.probed[2 * k + 1][i], -signs[i]);
            }
            for (int i = 0; i < N; i++) {
                votes[i] += rise < 0 ? signs[i] : rise > 0 ? -signs[i] : 0;
            }
        }
        for (int i = 0; i < N; i++) {
            const int size = votes[i] < 0 ? -votes[i] : votes[i];
            const int wanted = (double)size > cases[c].threshold ? votes[i] / size : 0;
            ck_assert_int_eq(world.actions[i], wanted);
            n_still += wanted == 0;
        }
        ck_assert(cases[c].threshold < 5 ? n_still < N : n_still == N);
    }
}

/* One slope of 1: every pair votes against it, and the others by chance. Beyond three standard
 * deviations of 900 votes, 90, at most a few of 69 others move (0.19 expected). */
TEST(a_slope_is_found_among_chance) {
    memset(world.slopes, 0, sizeof world.slopes);
    world.slopes[17] = 1;
    one_step(1, 900, 90);
    int n_moved = 0;
    for (int i = 0; i < N; i++) {
        n_moved += i != 17 && world.actions[i] != 0;
    }
    ck_assert_int_eq(world.actions[17], -1);
    ck_assert_int_le(n_moved, 3);
}

TEST(ties_and_losses_that_are_not_numbers_do_not_vote) {
    static const int8_t none[N] = {0};
    world.is_flat = true;
    one_step(1, 3, 0);
    ck_assert_mem_eq(world.actions, none, N);
    world.is_nan = true;
    one_step(2, 3, 0);
    ck_assert_mem_eq(world.actions, none, N);
}
