/* SPDX-License-Identifier: MIT */
/* The rules of examples/ against their equations in plain loops, behind a small environment of its
 * own; and each of them at work on a real network. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "support/pace.h"
#include "support/rules.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"

/* Weights and a quadratic loss, sum of (w - target)^2. */
enum { N = 60 };
#define ALPHA 0.25

static struct world {
    synrl_env env;
    synrl_outcome outcome;
    double w[N], target[N];
    int8_t actions[N]; /* of the last step */
    double alpha;
    double given_losses[64]; /* by iteration: before and after a step, where uses_given */
    bool uses_given;
    uint64_t n_steps, n_undone, n_probes;
    float shifted[N];
} world;

static struct core *core;
static const synrl_layout layout = {.size = sizeof layout, .n_synapses = N};

static double loss_at(const float *direction, double scale) {
    double loss = 0.0;
    for (int i = 0; i < N; i++) {
        const double move = direction != NULL ? scale * (double)direction[i] : 0.0;
        const double error = world.w[i] + move - world.target[i];
        loss += error * error;
    }
    return loss;
}

static synrl_status fake_loss(synrl_env *env, double *loss) {
    *loss = world.uses_given ? world.given_losses[2 * env->iteration] : loss_at(NULL, 0.0);
    return SYNRL_OK;
}

static synrl_status fake_step(synrl_env *env, const int8_t *actions, double alpha,
                              double bias_scale, const synrl_outcome **outcome) {
    (void)bias_scale;
    double before;
    fake_loss(env, &before);
    memcpy(world.actions, actions, N);
    world.alpha = alpha;
    for (int i = 0; i < N; i++) {
        world.w[i] += alpha * actions[i];
    }
    world.n_steps++;
    const double after =
        world.uses_given ? world.given_losses[2 * env->iteration + 1] : loss_at(NULL, 0.0);
    world.outcome = (synrl_outcome){.size = sizeof world.outcome,
                                    .reward = after < before ? 1 : -1,
                                    .old_loss = before,
                                    .loss = after};
    *outcome = &world.outcome;
    return SYNRL_OK;
}

static synrl_status fake_undo(synrl_env *env) {
    (void)env;
    for (int i = 0; i < N; i++) {
        world.w[i] -= world.alpha * world.actions[i];
    }
    world.n_undone++;
    return SYNRL_OK;
}

static synrl_status fake_probe(synrl_env *env, size_t n, const float *directions, double scale,
                               double *losses) {
    (void)env;
    for (size_t k = 0; k < n; k++) {
        losses[k] = loss_at(directions + k * N, scale);
    }
    world.n_probes += n;
    return SYNRL_OK;
}

static synrl_status fake_shift(synrl_env *env, const float *delta) {
    (void)env;
    memcpy(world.shifted, delta, sizeof world.shifted);
    for (int i = 0; i < N; i++) {
        world.w[i] += (double)delta[i];
    }
    return SYNRL_OK;
}

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &layout,
                                   .seed = 3,
                                   .step = fake_step,
                                   .undo = fake_undo,
                                   .loss = fake_loss,
                                   .probe = fake_probe,
                                   .shift = fake_shift}};
    for (int i = 0; i < N; i++) {
        world.target[i] = (i * 29 % 17 - 8) * 0.1;
    }
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("example", .setup = setup, .teardown = teardown);

static void start(struct rule *rule, const char *id, size_t n, const struct named_value *values) {
    test_rule(core, rule, &world.env, id, n, values);
}

static void step(struct rule *rule, uint64_t iteration) {
    world.env.iteration = iteration;
    ck_assert_msg(rule_step(rule, &world.env) == SYNRL_OK, "%s", core->message);
}

/* Equations ------------------------------------------------------------------------------------ */

/* Synapse by synapse as printed: C_i = dw_i dE; down with probability 1 / (1 + exp(-C_i / T)). The
 * word of a synapse says whether it turns around; one that went down does so by 1 - p_i. */
TEST(alopex_follows_its_equation) {
    enum { STEPS = 24 };
    static uint32_t words[N];
    double temperature = 0.0, change = 0.0;
    int last[N], n_down = 0;
    struct rule rule;
    world.uses_given = true;
    for (int t = 0; t < STEPS; t++) { /* up and down, by amounts that differ */
        world.given_losses[2 * t] = 3.0 + t % 3;
        world.given_losses[2 * t + 1] = 3.0 + t % 3 + 0.25 * ((t * 5 % 7) - 3);
    }
    start(&rule, "alopex", GIVEN({"alpha_s", NUMBER(ALPHA)}));
    for (int i = 0; i < N; i++) {
        last[i] = -1;
    }
    for (uint64_t t = 0; t < STEPS; t++) {
        step(&rule, t);
        random_api.words((synrl_stream){3, t, SYNRL_PURPOSE_ACTIONS}, 0, N, words);
        for (int i = 0; i < N; i++) {
            const double correlation = ALPHA * last[i] * change;
            const double down = t == 0 ? 0.5 : 1.0 / (1.0 + exp(-correlation / temperature));
            const double turning = last[i] > 0 ? down : 1.0 - down;
            const double u = words[i] / 4294967296.0;
            CHECK_OFTEN(fabs(u - turning) > 1e-6, "synapse %d: too close to say", i);
            last[i] = u < turning ? -last[i] : last[i];
            CHECK_OFTEN(world.actions[i] == last[i], "iteration %d, synapse %d: %d", (int)t, i,
                        world.actions[i]);
            n_down += last[i] < 0;
        }
        change = world.given_losses[2 * t + 1] - world.given_losses[2 * t];
        temperature = 0.96 * temperature + 0.04 * fabs(ALPHA * change);
    }
    ck_assert_int_gt(n_down, N * STEPS / 3);
    ck_assert_int_lt(n_down, N * STEPS * 2 / 3);
    ck_assert_uint_eq(rule.ops->n_metrics, 1);
    ck_assert_str_eq(rule.ops->metrics[0].name, "temperature");
    double shown;
    memcpy(&shown, (const char *)rule.self + rule.ops->metrics[0].offset, sizeof shown);
    ck_assert_double_eq_tol(shown, temperature, 1e-12);
    rule_clear(&rule);
}

/* A loss that is not finite teaches nothing, and spoils nothing. */
TEST(alopex_survives_an_infinite_loss) {
    struct rule rule;
    world.uses_given = true;
    for (int t = 0; t < 8; t++) {
        world.given_losses[2 * t] = 1.0;
        world.given_losses[2 * t + 1] = t == 2 ? (double)INFINITY : t == 3 ? (double)NAN : 2.0;
    }
    start(&rule, "alopex", GIVEN({"alpha_s", NUMBER(0.5)}));
    for (uint64_t t = 0; t < 8; t++) {
        step(&rule, t);
    }
    double temperature;
    memcpy(&temperature, (const char *)rule.self + rule.ops->metrics[0].offset, sizeof temperature);
    double expected = 0.0; /* |C| is 0.5 * 1 but for two iterations, of which it is nothing */
    for (int t = 0; t < 8; t++) {
        expected = 0.96 * expected + (t == 2 || t == 3 ? 0.0 : 0.04 * 0.5);
    }
    ck_assert_double_eq_tol(temperature, expected, 1e-12);
    rule_clear(&rule);
}

/* Weight by weight from the last, in plain code: up, else down, else stay. */
TEST(rso_follows_its_equation) {
    enum { STEPS = 5 * N };
    double w[N] = {0};
    struct rule rule;
    start(&rule, "rso", GIVEN({"alpha_s", NUMBER(0.125)}));
    uint64_t t = 0;
    for (int turn = 0; t < STEPS; turn++) {
        const int i = N - 1 - turn % N;
        for (int way = 1; way >= -1; way -= 2) {
            const double old = fabs(w[i] - world.target[i]);
            const bool pays = fabs(w[i] + way * 0.125 - world.target[i]) < old;
            const uint64_t n_undone = world.n_undone;
            step(&rule, t++);
            ck_assert_uint_eq(world.n_undone - n_undone, pays ? 0 : 1);
            if (pays) {
                w[i] += way * 0.125;
                break;
            }
        }
        for (int k = 0; k < N; k++) {
            CHECK_OFTEN(world.w[k] == w[k], "iteration %d, weight %d: %g, must be %g", (int)t, k,
                        world.w[k], w[k]);
        }
    }
    ck_assert_uint_eq(world.n_steps, t); /* one try per iteration */
    rule_clear(&rule);
}

/* In double precision, from the words that the signs come from. */
TEST(spsa_follows_its_equation) {
    static float u[N];
    double w[N] = {0};
    struct rule rule;
    start(&rule, "spsa", GIVEN({"sigma", NUMBER(0.125)}, {"alpha", NUMBER(0.0625)}));
    for (uint64_t t = 0; t < 5; t++) {
        double above = 0.0, below = 0.0;
        random_api.uniform((synrl_stream){3, t, SYNRL_PURPOSE_ACTIONS}, 0, N, -1.0F, 1.0F, u);
        for (size_t i = 0; i < N; i++) {
            const double d = signbit(u[i]) ? -1.0 : 1.0, error = w[i] - world.target[i];
            above += pow(error + 0.125 * d, 2.0);
            below += pow(error - 0.125 * d, 2.0);
        }
        for (size_t i = 0; i < N; i++) {
            w[i] -= 0.0625 * (above - below) / 0.25 * (signbit(u[i]) ? -1.0 : 1.0);
        }
        step(&rule, t);
        for (size_t i = 0; i < N; i++) {
            CHECK_OFTEN(fabs(world.w[i] - w[i]) < 1e-5, "iteration %d, weight %zu: %g, must be %g",
                        (int)t, i, world.w[i], w[i]);
        }
    }
    ck_assert_uint_eq(world.n_probes, 10);
    ck_assert_uint_eq(world.n_steps, 0);
    rule_clear(&rule);
}

static int compare_losses(const void *a, const void *b) {
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Ranks by sorting, means and their corrections by pow. */
TEST(open_es_follows_its_equation) {
    enum { PAIRS = 6, STEPS = 5 };
    static float z[PAIRS * N];
    double m[N] = {0}, v[N] = {0}, w[N] = {0};
    struct rule rule;
    start(&rule, "open_es",
          GIVEN({"pairs", INTEGER(PAIRS)}, {"sigma", NUMBER(0.1)}, {"alpha", NUMBER(0.05)}));
    const double first = loss_at(NULL, 0.0);
    for (uint64_t t = 0; t < STEPS; t++) {
        double losses[2 * PAIRS], sorted[2 * PAIRS];
        random_api.normal((synrl_stream){3, t, SYNRL_PURPOSE_PLUGIN}, 0, PAIRS * N, z);
        for (size_t k = 0; k < PAIRS; k++) {
            losses[k] = loss_at(z + k * N, 0.1);
            losses[PAIRS + k] = loss_at(z + k * N, -0.1);
        }
        memcpy(sorted, losses, sizeof sorted);
        qsort(sorted, 2 * PAIRS, sizeof *sorted, compare_losses);
        for (size_t i = 0; i < N; i++) {
            double g = 0.0;
            for (size_t k = 0; k < 2 * PAIRS; k++) {
                const double *found =
                    bsearch(&losses[k], sorted, 2 * PAIRS, sizeof *sorted, compare_losses);
                const double rank = 0.5 - (double)(found - sorted) / (2 * PAIRS - 1);
                g += (k < PAIRS ? 1.0 : -1.0) * rank * (double)z[k % PAIRS * N + i];
            }
            g /= 2 * PAIRS * 0.1;
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            const double corrected = m[i] / (1.0 - pow(0.9, (double)t + 1.0));
            w[i] += 0.05 * corrected / (sqrt(v[i] / (1.0 - pow(0.999, (double)t + 1.0))) + 1e-8);
        }
        step(&rule, t);
        for (size_t i = 0; i < N; i++) {
            CHECK_OFTEN(fabs(world.w[i] - w[i]) < 1e-5, "iteration %d, weight %zu: %g, must be %g",
                        (int)t, i, world.w[i], w[i]);
        }
    }
    ck_assert_uint_eq(world.n_probes, 2 * PAIRS * STEPS);
    ck_assert_double_lt(loss_at(NULL, 0.0), first);
    rule_clear(&rule);
}

TEST(equal_losses_share_a_rank) {
    struct rule rule;
    float before[N] = {0};
    start(&rule, "open_es", GIVEN({"pairs", INTEGER(3)}, {"sigma", NUMBER(1e-30)}));
    step(&rule, 0); /* probes that go nowhere: no gradient, no move */
    ck_assert_mem_eq(world.shifted, before, sizeof before);
    rule_clear(&rule);
}

/* State ---------------------------------------------------------------------------------------- */

TEST(saved_examples_continue) {
    static const char *const ids[] = {"alopex", "rso", "open_es"};
    for (size_t k = 0; k < COUNT_OF(ids); k++) {
        struct rule whole, second;
        start(&whole, ids[k], 0, NULL);
        for (uint64_t t = 0; t < 51; t++) {
            step(&whole, t);
        }
        const struct world then = world;
        start(&second, ids[k], 0, NULL);
        test_hand_over(core, &whole, &second);
        for (uint64_t t = 51; t < 60; t++) {
            step(&whole, t);
        }
        const struct world end = world;
        world = then;
        for (uint64_t t = 51; t < 60; t++) {
            step(&second, t);
        }
        ck_assert_mem_eq(world.w, end.w, sizeof end.w);
        ck_assert_int_ne(memcmp(world.w, then.w, sizeof end.w), 0);
        rule_clear(&whole);
        rule_clear(&second);
    }
}

/* On a real network ---------------------------------------------------------------------------- */

static const struct example {
    const char *id;
    uint64_t iterations;
    const char *parameter; /* a number to set */
    double value;
    double share; /* of the first loss, which the last must be below */
} examples[] = {
    {"alopex", 1500, "alpha_s", 0.003, 0.05},
    {"rso", 600, "alpha_s", 0.1, 0.05},
    {"spsa", 1500, "alpha", 0.03, 0.2},
    {"open_es", 60, "pairs", 10, 0.2},
    {"three_factor", 60, "alpha_s", 0.01, 0.5},
    {"dfa", 300, "alpha", 0.1, 0.1},
    {"fa", 300, "alpha", 0.1, 0.1},
    {"anp", 300, "alpha", 0.1, 0.1},
    {"my_rule", 1500, "alpha_s", 0.003, 0.2},
};

static double loss_after(const struct example *example, uint64_t iterations) {
    struct train_options options;
    struct trainer *trainer;
    struct summary summary;
    small_run_open(core, &options);
    component_release(options.rule);
    component_release(options.loss);
    options.loss = test_component(core, SYNRL_KIND_LOSS, "mse", 0, NULL);
    options.rule = test_component(core, SYNRL_KIND_RULE, example->id,
                                  GIVEN({example->parameter, NUMBER(example->value)}));
    options.iterations = iterations;
    options.record_every = 100;
    options.reward_group = 1;
    ck_assert_msg(trainer_create(core, &options, &trainer) == SYNRL_OK, "%s", core->message);
    ck_assert_msg(trainer_run(trainer, 0, NULL) == SYNRL_OK, "%s: %s", example->id, core->message);
    trainer_summary(trainer, &summary);
    trainer_destroy(trainer);
    small_run_close(&options);
    return summary.last.loss;
}

TEST_EACH(every_example_learns, COUNT_OF(examples)) {
    const double first = loss_after(&examples[_i], 1);
    const double last = loss_after(&examples[_i], examples[_i].iterations);
    ck_assert_msg(last < examples[_i].share * first, "%s: %g after one iteration, %g after %d",
                  examples[_i].id, first, last, (int)examples[_i].iterations);
}
