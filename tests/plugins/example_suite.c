/* SPDX-License-Identifier: MIT */
/* The rules of examples/ against their equations in plain loops, behind a small environment of its
 * own; and each of them at work on a real network. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "support/pace.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"
#include "train/rule.h"

/* Weights and a quadratic loss, sum of (w - target)^2; local information of a layer of linear
 * units. */
enum { N = 60, N_SAMPLES = 21, N_INPUTS = 5, N_UNITS = 12, N_BLOCKS = 2 };
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
    /* Local information */
    double x[N_SAMPLES][N_INPUTS];
    int8_t xi[N_SAMPLES][N_UNITS];
    int64_t falls[N_SAMPLES], losses[N_SAMPLES]; /* in units of 2^-32 */
    float errors[N_SAMPLES][N_UNITS];
    double sigma;
    uint32_t flags, feedback_number;
} world;

static struct core *core;
static const synrl_layout layout = {.size = sizeof layout, .n_synapses = N, .n_units = N_UNITS};

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
    if (outcome != NULL) {
        *outcome = &world.outcome;
    }
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

/* Local information ---------------------------------------------------------------------------- */

static size_t fake_n_blocks(const synrl_env *env) {
    (void)env;
    return N_BLOCKS;
}

static size_t fake_n_units(const synrl_env *env) {
    (void)env;
    return N_UNITS;
}

static size_t in_lanes(size_t sample, size_t unit) {
    return (sample / 16 * N_UNITS + unit) * 16 + sample % 16;
}

static synrl_status fake_perturb(synrl_env *env, uint32_t draw, double sigma, double *loss) {
    (void)env;
    ck_assert_uint_eq(draw, 0);
    world.sigma = sigma;
    ck_assert_ptr_null(loss);
    return SYNRL_OK;
}

static synrl_status fake_noise(synrl_env *env, uint32_t draw, int8_t *signs) {
    (void)env;
    ck_assert_uint_eq(draw, 0);
    memset(signs, 0, (size_t)N_BLOCKS * N_UNITS * 16);
    for (size_t s = 0; s < N_SAMPLES; s++) {
        for (size_t u = 0; u < N_UNITS; u++) {
            signs[in_lanes(s, u)] = world.xi[s][u];
        }
    }
    return SYNRL_OK;
}

static synrl_status fake_falls(synrl_env *env, int64_t *falls) {
    (void)env;
    memcpy(falls, world.falls, sizeof world.falls);
    return SYNRL_OK;
}

static synrl_status fake_sample_losses(synrl_env *env, int64_t *terms) {
    (void)env;
    memcpy(terms, world.losses, sizeof world.losses);
    return SYNRL_OK;
}

static synrl_status fake_feedback(synrl_env *env, uint32_t number, float *signal) {
    (void)env;
    world.feedback_number = number;
    memset(signal, 0, (size_t)N_BLOCKS * N_UNITS * 16 * sizeof *signal);
    for (size_t s = 0; s < N_SAMPLES; s++) {
        for (size_t u = 0; u < N_UNITS; u++) {
            signal[in_lanes(s, u)] = world.errors[s][u];
        }
    }
    return SYNRL_OK;
}

/* Synapse u * N_INPUTS + i joins input i to unit u: N = N_UNITS * N_INPUTS. */
static synrl_status fake_correlate(synrl_env *env, const synrl_signal *signal, double *credit) {
    (void)env;
    ck_assert_uint_eq(signal->size, sizeof *signal);
    ck_assert((signal->bytes != NULL) != (signal->floats != NULL));
    world.flags = signal->flags;
    for (size_t u = 0; u < N_UNITS; u++) {
        for (size_t i = 0; i < N_INPUTS; i++) {
            double sum = 0.0;
            for (size_t s = 0; s < N_SAMPLES; s++) {
                const size_t at = in_lanes(s, u);
                sum += world.x[s][i] *
                       (signal->bytes != NULL ? signal->bytes[at] : (double)signal->floats[at]);
            }
            credit[u * N_INPUTS + i] = sum;
        }
    }
    return SYNRL_OK;
}

static const synrl_local_api local = {
    .size = sizeof local,
    .n_blocks = fake_n_blocks,
    .n_units = fake_n_units,
    .perturb = fake_perturb,
    .noise = fake_noise,
    .sample_losses = fake_sample_losses,
    .correlate = fake_correlate,
    .feedback = fake_feedback,
    .falls = fake_falls,
};

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &layout,
                                   .seed = 3,
                                   .n_samples = N_SAMPLES,
                                   .step = fake_step,
                                   .undo = fake_undo,
                                   .loss = fake_loss,
                                   .probe = fake_probe,
                                   .shift = fake_shift,
                                   .local = &local}};
    for (int i = 0; i < N; i++) {
        world.target[i] = (i * 29 % 17 - 8) * 0.1;
    }
    for (size_t s = 0; s < N_SAMPLES; s++) {
        for (size_t i = 0; i < N_INPUTS; i++) {
            world.x[s][i] = (double)((s * 7 + i * 13) % 10) - 4.0;
        }
        for (size_t u = 0; u < N_UNITS; u++) {
            world.xi[s][u] = (s * 5 + u * 3) % 7 < 3 ? 1 : -1;
            world.errors[s][u] = (float)((s * 11 + u * 17) % 9) * 0.125F - 0.5F;
        }
        world.falls[s] = ((int64_t)(s * 13 % 9) - 4) << 28; /* -0.25 .. 0.25 */
        world.losses[s] = (int64_t)(s * 5 % 11) << 29;      /* 0 .. 1.25 */
    }
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("example", .setup = setup, .teardown = teardown);

static void start(struct rule *rule, const char *id, size_t n, const struct named_value *values) {
    struct component *component = test_component(core, SYNRL_KIND_RULE, id, n, values);
    ck_assert_msg(rule_create(rule, core, component) == SYNRL_OK, "%s", core->message);
    component_release(component);
    ck_assert_msg(rule_start(rule, &world.env) == SYNRL_OK, "%s", core->message);
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

/* What a sample is paid, in words: the sign of its fall; nothing where it is right already; or the
 * fall in eighths of the mean one. */
static double paid(const char *pay, double gate, size_t s) {
    const double fall = ldexp((double)world.falls[s], -32);
    double mean = 0.0;
    for (size_t k = 0; k < N_SAMPLES; k++) {
        mean += fabs(ldexp((double)world.falls[k], -32)) / N_SAMPLES;
    }
    if (strcmp(pay, "graded") == 0) {
        const double eighths = nearbyint(fall / (mean / 8.0));
        return eighths > 127.0 ? 127.0 : eighths < -127.0 ? -127.0 : eighths;
    }
    const bool is_right = strcmp(pay, "trit") == 0 && ldexp((double)world.losses[s], -32) < gate;
    return is_right ? 0.0 : fall > 0.0 ? 1.0 : fall < 0.0 ? -1.0 : 0.0;
}

/* c_ij <- m c_ij + sum_s x_si xi_sj r_s, from the values themselves, over three iterations. */
static void check_three_factor(const char *pay, double momentum) {
    double c[N] = {0};
    int n_of[3] = {0};
    struct rule rule;
    start(&rule, "three_factor",
          GIVEN({"alpha_s", NUMBER(ALPHA)}, {"sigma", NUMBER(0.375)}, {"pay", STRING(pay)},
                {"gate", NUMBER(0.5)}, {"momentum", NUMBER(momentum)}));
    for (uint64_t t = 0; t < 3; t++) {
        for (size_t s = 0; s < N_SAMPLES; s++) {
            world.falls[s] = s % 4 == t ? -3 * world.falls[s] : world.falls[s];
        }
        step(&rule, t);
        for (size_t i = 0; i < N; i++) {
            c[i] *= momentum;
            const size_t unit = i / N_INPUTS;
            for (size_t s = 0; s < N_SAMPLES; s++) {
                c[i] += world.x[s][i % N_INPUTS] * world.xi[s][unit] * paid(pay, 0.5, s);
            }
            const int expected = c[i] > 0.0 ? 1 : c[i] < 0.0 ? -1 : 0;
            ck_assert_int_eq(world.actions[i], expected);
            n_of[expected + 1]++;
        }
    }
    ck_assert(n_of[0] > 0 && n_of[2] > 0);
    ck_assert_double_eq(world.alpha, ALPHA);
    ck_assert_double_eq(world.sigma, 0.375);
    ck_assert_uint_eq(world.flags, SYNRL_WHERE_ACTIVE | SYNRL_CENTRED);
    rule_clear(&rule);
}

TEST(three_factor_follows_its_equation) {
    check_three_factor("bit", 0.0);
    check_three_factor("trit", 0.0);
    check_three_factor("graded", 0.0);
    check_three_factor("bit", 0.5);
    check_three_factor("graded", 0.75);
}

/* A sample whose loss was or becomes infinite outweighs all others; where all falls are 0, none is
 * paid. */
TEST(three_factor_survives_infinite_and_equal_losses) {
    struct rule rule;
    int8_t none[N] = {0};
    memset(world.falls, 0, sizeof world.falls);
    start(&rule, "three_factor", GIVEN({"pay", STRING("graded")}));
    step(&rule, 0);
    ck_assert_mem_eq(world.actions, none, N);
    world.falls[2] = INT64_MAX;
    step(&rule, 1);
    for (size_t i = 0; i < N; i++) {
        const size_t unit = i / N_INPUTS;
        const double c = world.x[2][i % N_INPUTS] * world.xi[2][unit];
        ck_assert_int_eq(world.actions[i], (c > 0.0) - (c < 0.0));
    }
    rule_clear(&rule);
}

/* delta = -alpha * sum_s x_si (B e)_sj; the slopes are the environment's to multiply. */
TEST(dfa_follows_its_equation) {
    struct rule rule;
    start(&rule, "dfa", GIVEN({"alpha", NUMBER(0.5)}, {"matrix", INTEGER(9)}));
    step(&rule, 0);
    for (size_t u = 0; u < N_UNITS; u++) {
        for (size_t i = 0; i < N_INPUTS; i++) {
            double sum = 0.0; /* exact: eighths */
            for (size_t s = 0; s < N_SAMPLES; s++) {
                sum += world.x[s][i] * (double)world.errors[s][u];
            }
            ck_assert_float_eq(world.shifted[u * N_INPUTS + i], (float)(-0.5 * sum));
        }
    }
    ck_assert_uint_eq(world.flags, SYNRL_TIMES_SLOPE);
    ck_assert_uint_eq(world.feedback_number, 9);
    rule_clear(&rule);
}

/* State ---------------------------------------------------------------------------------------- */

TEST(saved_examples_continue) {
    static const char *const ids[] = {"alopex", "rso", "open_es"};
    for (size_t k = 0; k < COUNT_OF(ids); k++) {
        struct rule whole, second;
        size_t size;
        start(&whole, ids[k], 0, NULL);
        for (uint64_t t = 0; t < 51; t++) {
            step(&whole, t);
        }
        struct stateful state = rule_state(&whole);
        ck_assert_int_eq(state_measure(&state, &size), SYNRL_OK);
        void *saved = core_alloc(core, size, 1);
        ck_assert_int_eq(state_save(&state, saved, size), SYNRL_OK);
        const struct world then = world;
        for (uint64_t t = 51; t < 60; t++) {
            step(&whole, t);
        }
        const struct world end = world;
        world = then;
        start(&second, ids[k], 0, NULL);
        state = rule_state(&second);
        ck_assert_msg(state_load(&state, saved, size) == SYNRL_OK, "%s", core->message);
        for (uint64_t t = 51; t < 60; t++) {
            step(&second, t);
        }
        ck_assert_mem_eq(world.w, end.w, sizeof end.w);
        ck_assert_int_ne(memcmp(world.w, then.w, sizeof end.w), 0);
        core_free(core, saved);
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
