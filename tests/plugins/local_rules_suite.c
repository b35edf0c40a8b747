/* SPDX-License-Identifier: MIT */
/* Rules of local information, three_factor and dfa, against their equations in plain loops, behind
 * an environment that is nothing but a layer of linear units. */
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "support/rules.h"
#include "support/support.h"
#include "support/test.h"

enum { N_SAMPLES = 21, N_INPUTS = 5, N_UNITS = 12, N_BLOCKS = 2, N = N_UNITS * N_INPUTS };
#define ALPHA 0.25

static struct world {
    synrl_env env;
    int8_t actions[N]; /* of the last step */
    double alpha;
    float shifted[N];
    double x[N_SAMPLES][N_INPUTS];
    int8_t xi[N_SAMPLES][N_UNITS];
    int64_t falls[N_SAMPLES], losses[N_SAMPLES]; /* in units of 2^-32 */
    float errors[N_SAMPLES][N_UNITS];
    double sigma, sigmas[4];
    uint32_t draw; /* of the last perturbed pass */
    uint32_t flags, feedback_number;
} world;

static struct core *core;
static const synrl_layout layout = {.size = sizeof layout, .n_synapses = N, .n_units = N_UNITS};

static synrl_status fake_step(synrl_env *env, const int8_t *actions, double alpha,
                              double bias_scale, const synrl_outcome **outcome) {
    (void)env;
    (void)bias_scale;
    ck_assert_ptr_null(outcome);
    memcpy(world.actions, actions, N);
    world.alpha = alpha;
    return SYNRL_OK;
}

static synrl_status fake_shift(synrl_env *env, const float *delta) {
    (void)env;
    memcpy(world.shifted, delta, sizeof world.shifted);
    return SYNRL_OK;
}

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

static int8_t xi_of(uint32_t draw, size_t sample, size_t unit) {
    return world.xi[(sample + 4 * draw) % N_SAMPLES][unit];
}

static int64_t fall_of(uint32_t draw, size_t sample) {
    return world.falls[(sample + 5 * draw) % N_SAMPLES];
}

static synrl_status fake_perturb(synrl_env *env, uint32_t draw, double sigma, double *loss) {
    (void)env;
    world.draw = draw;
    world.sigma = sigma;
    ck_assert_ptr_null(loss);
    return SYNRL_OK;
}

static synrl_status fake_perturb_tensors(synrl_env *env, uint32_t draw, const double *sigmas,
                                         double *loss) {
    memcpy(world.sigmas, sigmas, env->layout->n_tensors * sizeof *sigmas);
    return fake_perturb(env, draw, -1.0, loss);
}

static synrl_status fake_noise(synrl_env *env, uint32_t draw, int8_t *signs) {
    (void)env;
    memset(signs, 0, (size_t)N_BLOCKS * N_UNITS * 16);
    for (size_t s = 0; s < N_SAMPLES; s++) {
        for (size_t u = 0; u < N_UNITS; u++) {
            signs[in_lanes(s, u)] = xi_of(draw, s, u);
        }
    }
    return SYNRL_OK;
}

static synrl_status fake_falls(synrl_env *env, int64_t *falls) {
    (void)env;
    for (size_t s = 0; s < N_SAMPLES; s++) {
        falls[s] = fall_of(world.draw, s);
    }
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
    .perturb_tensors = fake_perturb_tensors,
};

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &layout,
                                   .seed = 3,
                                   .n_samples = N_SAMPLES,
                                   .step = fake_step,
                                   .shift = fake_shift,
                                   .local = &local}};
    for (size_t s = 0; s < N_SAMPLES; s++) {
        for (size_t i = 0; i < N_INPUTS; i++) {
            world.x[s][i] = (double)((s * 7 + i * 13) % 10) - 4.0;
        }
        for (size_t u = 0; u < N_UNITS; u++) {
            world.xi[s][u] = (s * 5 + u * 3) % 7 < 3 ? 1 : -1;
            world.errors[s][u] = (float)((s * 11 + u * 17) % 9) * 0.125F - 0.5F;
        }
        world.falls[s] = ((int64_t)(s * 13 % 9) - 4) * (INT64_C(1) << 28); /* -0.25 .. 0.25 */
        world.losses[s] = (int64_t)(s * 5 % 11) << 29;                     /* 0 .. 1.25 */
    }
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("local_rules", .setup = setup, .teardown = teardown);

static void start(struct rule *rule, const char *id, size_t n, const struct named_value *values) {
    test_rule(core, rule, &world.env, id, n, values);
}

static void step(struct rule *rule, uint64_t iteration) {
    world.env.iteration = iteration;
    ck_assert_msg(rule_step(rule, &world.env) == SYNRL_OK, "%s", core->message);
}

/* What a sample is paid, in words: the sign of its fall; nothing where it is right already; or the
 * fall in eighths of the mean one, or as many of them at once as there are draws. */
static double paid(const char *pay, double gate, size_t s, uint32_t draw, uint32_t n_draws) {
    const double fall = ldexp((double)fall_of(draw, s), -32);
    double mean = 0.0;
    for (size_t k = 0; k < N_SAMPLES; k++) {
        mean += fabs(ldexp((double)world.falls[k], -32)) / N_SAMPLES;
    }
    if (strcmp(pay, "graded") == 0) {
        const double steps = nearbyint(fall / (mean * n_draws / 8.0)),
                     most = floor(127.0 / n_draws);
        return steps > most ? most : steps < -most ? -most : steps;
    }
    const bool is_right = strcmp(pay, "trit") == 0 && ldexp((double)world.losses[s], -32) < gate;
    return is_right ? 0.0 : fall > 0.0 ? 1.0 : fall < 0.0 ? -1.0 : 0.0;
}

/* c_ij <- m c_ij + sum_s x_si xi_sj r_s, from the values themselves, over three iterations. */
static void check_three_factor(const char *pay, double momentum, uint32_t n_draws) {
    double c[N] = {0};
    int n_of[3] = {0};
    struct rule rule;
    start(&rule, "three_factor",
          GIVEN({"alpha_s", NUMBER(ALPHA)}, {"sigma", NUMBER(0.375)}, {"pay", STRING(pay)},
                {"gate", NUMBER(0.5)}, {"momentum", NUMBER(momentum)},
                {"draws", INTEGER(n_draws)}));
    for (uint64_t t = 0; t < 3; t++) {
        for (size_t s = 0; s < N_SAMPLES; s++) {
            world.falls[s] = s % 4 == t ? -3 * world.falls[s] : world.falls[s];
        }
        step(&rule, t);
        for (size_t i = 0; i < N; i++) {
            c[i] *= momentum;
            const size_t unit = i / N_INPUTS;
            for (size_t s = 0; s < N_SAMPLES; s++) {
                for (uint32_t draw = 0; draw < n_draws; draw++) {
                    c[i] += world.x[s][i % N_INPUTS] * xi_of(draw, s, unit) *
                            paid(pay, 0.5, s, draw, n_draws);
                }
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
    check_three_factor("bit", 0.0, 1);
    check_three_factor("trit", 0.0, 1);
    check_three_factor("graded", 0.0, 1);
    check_three_factor("bit", 0.5, 1);
    check_three_factor("graded", 0.75, 1);
    check_three_factor("bit", 0.0, 2);
    check_three_factor("trit", 0.5, 7);
    check_three_factor("graded", 0.0, 3);
    check_three_factor("graded", 0.75, 15);
}

TEST(three_factor_pays_units_where_it_is_told_to) {
    static const char *const where[] = {"active", "moved", "all"};
    static const uint32_t flags[] = {SYNRL_WHERE_ACTIVE, SYNRL_WHERE_MOVED, 0};
    for (size_t i = 0; i < COUNT_OF(where); i++) {
        struct rule rule;
        start(&rule, "three_factor",
              GIVEN({"where", STRING(where[i])}, {"centred", BOOLEAN(i == 1)}));
        step(&rule, 0);
        ck_assert_uint_eq(world.flags, flags[i] | (i == 1 ? SYNRL_CENTRED : 0));
        rule_clear(&rule);
    }
}

/* The last 4 of 12 units are the outputs; a bias has the first unit of its weights, or none. */
TEST(three_factor_moves_outputs_by_a_scale_of_their_own) {
    static const synrl_tensor tensors[] = {{.first_unit = 0, .n_rows = 8},
                                           {.is_bias = true, .n_rows = 8},
                                           {.first_unit = 8, .n_rows = 4}};
    const synrl_layout layered = {.size = sizeof layered,
                                  .tensor_size = sizeof *tensors,
                                  .n_synapses = N,
                                  .n_units = N_UNITS,
                                  .n_outputs = 4,
                                  .n_tensors = 3,
                                  .tensors = tensors};
    struct rule rule;
    world.env.layout = &layered;
    start(&rule, "three_factor", GIVEN({"sigma", NUMBER(0.5)}, {"output_scale", NUMBER(0.25)}));
    step(&rule, 0);
    ck_assert_double_eq(world.sigma, -1.0);
    ck_assert_double_eq(world.sigmas[0], 0.5);
    ck_assert_double_eq(world.sigmas[2], 0.125);
    rule_clear(&rule);
    start(&rule, "three_factor", GIVEN({"sigma", NUMBER(0.5)}));
    step(&rule, 0);
    ck_assert_double_eq(world.sigma, 0.5);
    rule_clear(&rule);
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
