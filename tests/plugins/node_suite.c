/* SPDX-License-Identifier: MIT */
/* Node perturbation, and that by all that noise did to a unit (anp), against cases by hand, against
 * differences of a quadratic loss over all patterns of noise, and against gd; and dfa against gd.
 */
#include <math.h>
#include <string.h>

#include "support/rules.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"

/* Linear units: z_u = sum_i w_ui x_i, and each sample's loss is sum_u (z_u - goal_u)^2, in 2^-32.
 */
enum { N_SAMPLES = 2, N_INPUTS = 2, N_UNITS = 3, N = N_INPUTS * N_UNITS };

static const double x[N_SAMPLES][N_INPUTS] = {{1.0, 2.0}, {-1.0, 0.5}};
static const double goals[N_SAMPLES][N_UNITS] = {{1.0, 0.0, -1.0}, {0.5, 1.0, 2.0}};

static struct world {
    synrl_env env;
    float w[N], moved[N];
    double sigma;   /* of the last pass; 0: none */
    double carried; /* how much of what moved unit 0 moves the last unit too */
    unsigned signs; /* bit s * N_UNITS + u: xi */
    int bad_sample; /* whose noisy loss is not finite; -1: none */
    uint32_t flags;
} world;

static struct core *core;
static const synrl_layout layout = {.size = sizeof layout, .n_synapses = N, .n_units = N_UNITS};

static int xi_of(int s, int u) {
    return (world.signs >> (s * N_UNITS + u) & 1U) != 0 ? 1 : -1;
}

static double error_of(int s, int u) {
    double z = -goals[s][u];
    for (int i = 0; i < N_INPUTS; i++) {
        z += (double)world.w[u * N_INPUTS + i] * x[s][i];
    }
    return z;
}

static size_t fake_one_block(const synrl_env *env) {
    (void)env;
    return 1;
}

static size_t fake_n_units(const synrl_env *env) {
    (void)env;
    return N_UNITS;
}

static synrl_status fake_perturb(synrl_env *env, uint32_t draw, double sigma, double *loss) {
    (void)env;
    ck_assert_uint_eq(draw, 0);
    world.sigma = sigma;
    if (loss != NULL) {
        *loss = 0.0;
    }
    return SYNRL_OK;
}

static synrl_status fake_noise(synrl_env *env, uint32_t draw, int8_t *signs) {
    (void)env;
    ck_assert_uint_eq(draw, 0);
    memset(signs, 0, (size_t)N_UNITS * SYNRL_LANES);
    for (int s = 0; s < N_SAMPLES; s++) {
        for (int u = 0; u < N_UNITS; u++) {
            signs[u * SYNRL_LANES + s] = (int8_t)xi_of(s, u);
        }
    }
    return SYNRL_OK;
}

static synrl_status fake_sample_losses(synrl_env *env, int64_t *terms) {
    (void)env;
    for (int s = 0; s < N_SAMPLES; s++) {
        double loss = 0.0;
        for (int u = 0; u < N_UNITS; u++) {
            const double error = error_of(s, u) + world.sigma * xi_of(s, u);
            loss += error * error;
        }
        const bool is_bad = world.sigma > 0.0 && s == world.bad_sample;
        terms[s] = is_bad ? INT64_MAX : (int64_t)llround(loss / SYNRL_TERM_UNIT);
    }
    return SYNRL_OK;
}

static synrl_status fake_changes(synrl_env *env, float *changes) {
    (void)env;
    memset(changes, 0, (size_t)N_UNITS * SYNRL_LANES * sizeof *changes);
    for (int s = 0; s < N_SAMPLES; s++) {
        for (int u = 0; u < N_UNITS; u++) {
            const double below = u == N_UNITS - 1 ? world.carried * xi_of(s, 0) : 0.0;
            changes[u * SYNRL_LANES + s] = (float)(world.sigma * (xi_of(s, u) + below));
        }
    }
    return SYNRL_OK;
}

static synrl_status fake_correlate(synrl_env *env, const synrl_signal *signal, double *credit) {
    (void)env;
    world.flags = signal->flags;
    for (int k = 0; k < N; k++) {
        credit[k] = 0.0;
        for (int s = 0; s < N_SAMPLES; s++) {
            const double paid = (double)signal->floats[k / N_INPUTS * SYNRL_LANES + s];
            credit[k] += x[s][k % N_INPUTS] * paid;
        }
    }
    return SYNRL_OK;
}

static synrl_status fake_shift(synrl_env *env, const float *delta) {
    (void)env;
    memcpy(world.moved, delta, sizeof world.moved);
    world.sigma = 0.0;
    return SYNRL_OK;
}

static const synrl_local_api local = {.size = sizeof local,
                                      .n_blocks = fake_one_block,
                                      .n_units = fake_n_units,
                                      .perturb = fake_perturb,
                                      .noise = fake_noise,
                                      .sample_losses = fake_sample_losses,
                                      .correlate = fake_correlate,
                                      .changes = fake_changes};

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &layout,
                                   .n_samples = N_SAMPLES,
                                   .shift = fake_shift,
                                   .local = &local},
                           .bad_sample = -1};
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("node", .setup = setup, .teardown = teardown);

static void start_as(struct rule *rule, const char *id, size_t n,
                     const struct named_value *values) {
    test_rule(core, rule, &world.env, id, n, values);
}

static void start(struct rule *rule, size_t n, const struct named_value *values) {
    start_as(rule, "node_perturb", n, values);
}

static void step(struct rule *rule) {
    ck_assert_msg(rule_step(rule, &world.env) == SYNRL_OK, "%s", core->message);
    world.env.iteration++;
}

/* w = 0, sigma 1/2, all xi +1: errors are minus the goals, and a sample's loss changes by
 *   sum_u (2 error / 2 + 1/4):  sample 0: (-1 + 0 + 1) + 3/4 = 3/4,  sample 1: -7/2 + 3/4 = -11/4
 * over sigma: 3/2 and -11/2. g = half of x0 3/2 - x1 11/2: of input 0 (3/2 + 11/2)/2 = 7/2, of
 * input 1 (3 - 11/4)/2 = 1/8, the same for every unit. With alpha 1/2 and momentum 1/2 the first
 * move is -g/2, and the second, of v = 3/2 g, -3/4 g. */
TEST(a_step_by_hand_and_its_momentum) {
    struct rule rule;
    world.signs = 0x3F;
    start(&rule, GIVEN({"alpha", NUMBER(0.5)}, {"sigma", NUMBER(0.5)}, {"momentum", NUMBER(0.5)}));
    for (int k = 0; k < 2; k++) {
        step(&rule);
        for (int i = 0; i < N; i++) {
            const double g = i % N_INPUTS == 0 ? 3.5 : 0.125;
            ck_assert_float_eq(world.moved[i], (float)((k == 0 ? -0.5 : -0.75) * g));
        }
    }
    ck_assert_uint_eq(world.flags, 0);
    rule_clear(&rule);
}

/* The mean over all 64 patterns is the gradient of the quadratic, whatever sigma is. */
TEST(the_mean_over_all_noise_is_the_gradient) {
    double mean[N] = {0};
    struct rule rule;
    for (int i = 0; i < N; i++) {
        world.w[i] = 0.25F * (float)(i % 4) - 0.5F;
    }
    start(&rule, GIVEN({"alpha", NUMBER(1)}, {"sigma", NUMBER(0.75)}));
    for (world.signs = 0; world.signs < 64; world.signs++) {
        step(&rule);
        for (int i = 0; i < N; i++) {
            mean[i] -= (double)world.moved[i] / 64;
        }
    }
    for (int k = 0; k < N; k++) {
        double slope = 0.0;
        for (int s = 0; s < N_SAMPLES; s++) {
            slope += 2.0 * error_of(s, k / N_INPUTS) * x[s][k % N_INPUTS] / N_SAMPLES;
        }
        ck_assert_double_eq_tol(mean[k], slope, 1e-6);
    }
    rule_clear(&rule);
}

TEST(a_sample_without_a_finite_loss_says_nothing) {
    struct rule rule;
    world.signs = 0x3F;
    world.bad_sample = 1;
    start(&rule, GIVEN({"alpha", NUMBER(1)}, {"sigma", NUMBER(0.5)}, {"centred", BOOLEAN(true)},
                       {"active", BOOLEAN(true)}));
    step(&rule);
    for (int i = 0; i < N; i++) { /* sample 0: 3/2 times x, over both samples */
        ck_assert_float_eq(world.moved[i], (float)(-0.75 * x[0][i % N_INPUTS]));
    }
    ck_assert_uint_eq(world.flags, SYNRL_CENTRED | SYNRL_WHERE_ACTIVE);
    rule_clear(&rule);
}

/* As above, but half of a unit of noise at unit 0 comes to as much again at the last unit: changes
 * are 1/2, 1/2 and 1, their squares' sum 3/2, and 3 units over that 2. Of units 0 and 1 g is half
 * of 2 * 1/2 (x0 3/4 - x1 11/4): of input 0 7/4, of input 1 (3/2 - 11/8)/2 = 1/16; of the last,
 * twice that. */
TEST(anp_by_hand_and_its_momentum) {
    struct rule rule;
    world.signs = 0x3F;
    world.carried = 1.0;
    start_as(&rule, "anp",
             GIVEN({"alpha", NUMBER(0.5)}, {"sigma", NUMBER(0.5)}, {"momentum", NUMBER(0.5)}));
    for (int k = 0; k < 2; k++) {
        step(&rule);
        for (int i = 0; i < N; i++) {
            const double g =
                (i % N_INPUTS == 0 ? 1.75 : 0.0625) * (i / N_INPUTS == N_UNITS - 1 ? 2 : 1);
            ck_assert_float_eq_tol(world.moved[i], (float)((k == 0 ? -0.5 : -0.75) * g), 1e-6F);
        }
    }
    ck_assert_uint_eq(world.flags, 0);
    rule_clear(&rule);
}

/* Over all 64 patterns of the noise that a step of this sigma has. */
static double expected_loss(double sigma) {
    double loss = 0.0;
    for (world.signs = 0; world.signs < 64; world.signs++) {
        for (int s = 0; s < N_SAMPLES; s++) {
            for (int u = 0; u < N_UNITS; u++) {
                const double error = error_of(s, u) + sigma * xi_of(s, u);
                loss += error * error / N_SAMPLES / 64;
            }
        }
    }
    return loss;
}

/* In one layer, where all noise is a unit's own. */
TEST(the_mean_of_anp_is_the_slope_of_the_expected_loss) {
    double mean[N] = {0};
    struct rule rule;
    for (int i = 0; i < N; i++) {
        world.w[i] = 0.25F * (float)(i % 4) - 0.5F;
    }
    start_as(&rule, "anp", GIVEN({"alpha", NUMBER(1)}, {"sigma", NUMBER(0.75)}));
    for (world.signs = 0; world.signs < 64; world.signs++) {
        step(&rule);
        for (int i = 0; i < N; i++) {
            mean[i] -= (double)world.moved[i] / 64;
        }
    }
    for (int k = 0; k < N; k++) {
        const float here = world.w[k];
        world.w[k] = here + 0.125F;
        const double above = expected_loss(0.75);
        world.w[k] = here - 0.125F;
        const double slope = (above - expected_loss(0.75)) / 0.25;
        world.w[k] = here;
        ck_assert_double_eq_tol(mean[k], slope, 1e-5);
    }
    rule_clear(&rule);
}

TEST(anp_hears_nothing_where_nothing_moved_or_a_loss_is_not_finite) {
    struct rule rule;
    world.signs = 0x3F;
    world.bad_sample = 1;
    start_as(&rule, "anp",
             GIVEN({"alpha", NUMBER(1)}, {"sigma", NUMBER(0.5)}, {"centred", BOOLEAN(true)},
                   {"active", BOOLEAN(true)}));
    step(&rule);
    for (int i = 0; i < N; i++) { /* sample 0: 3/4 times 3 / (3/4) times 1/2, over both samples */
        ck_assert_float_eq_tol(world.moved[i], (float)(-0.75 * x[0][i % N_INPUTS]), 1e-6F);
    }
    ck_assert_uint_eq(world.flags, SYNRL_CENTRED | SYNRL_WHERE_ACTIVE);
    rule_clear(&rule);
}

/* On a real network ---------------------------------------------------------------------------- */

/* How one iteration moves the weights of a 2-4-1 network, or of one of 2-1. */
static void moves_of(const char *id, uint64_t seed, bool is_deep, size_t n, float *moves) {
    static const struct value sizes[] = {INTEGER(2), INTEGER(1)};
    struct train_options options;
    struct trainer *trainer;
    float before[17];
    small_run_open(core, &options);
    component_release(options.rule);
    component_release(options.loss);
    options.loss = test_component(core, SYNRL_KIND_LOSS, "mse", 0, NULL);
    options.rule = test_component(core, SYNRL_KIND_RULE, id, GIVEN({"alpha", NUMBER(1)}));
    options.iterations = 1;
    options.seed = seed;
    if (!is_deep) {
        component_release(options.model);
        options.model = test_component(core, SYNRL_KIND_MODEL, "mlp",
                                       GIVEN({"layers", LIST(sizes)}, {"output", STRING("tanh")}));
    }
    ck_assert_msg(trainer_create(core, &options, &trainer) == SYNRL_OK, "%s", core->message);
    ck_assert_uint_eq(trainer_layout(trainer)->n_synapses, n);
    trainer_weights(trainer, before);
    ck_assert_msg(trainer_run(trainer, 0, NULL) == SYNRL_OK, "%s", core->message);
    trainer_weights(trainer, moves);
    for (size_t i = 0; i < n; i++) {
        moves[i] -= before[i];
    }
    trainer_destroy(trainer);
    small_run_close(&options);
}

TEST(dfa_without_a_hidden_layer_is_gd) {
    float by_dfa[3], by_gd[3];
    moves_of("dfa", 7, false, 3, by_dfa);
    moves_of("gd", 7, false, 3, by_gd);
    for (int i = 0; i < 3; i++) {
        ck_assert_float_eq_tol(by_dfa[i], by_gd[i], 1e-6F);
        ck_assert(fabsf(by_gd[i]) > 1e-4F);
    }
}

/* Its moves along those of gd are as long as these, on average over 300 networks and their noise.
 */
TEST(node_perturb_goes_down_the_gradient_of_a_network) {
    enum { SEEDS = 300 };
    double mean = 0.0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        float by_noise[17], by_gd[17];
        double along = 0.0, length = 0.0;
        moves_of("node_perturb", seed, true, 17, by_noise);
        moves_of("gd", seed, true, 17, by_gd);
        for (int i = 0; i < 17; i++) {
            along += (double)by_noise[i] * (double)by_gd[i];
            length += (double)by_gd[i] * (double)by_gd[i];
        }
        mean += along / length / SEEDS;
    }
    ck_assert_double_eq_tol(mean, 1.0, 0.1);
}

/* The 2-4-1 network of small_run.h in double: pre-activations z [5] of a point with noise added to
 * them, or NULL; and its squared error. */
static double plain_pass(const float *w, const float *point, double target, const double *noise,
                         double *z) {
    z[4] = (double)w[16] + (noise != NULL ? noise[4] : 0.0);
    for (int u = 0; u < 4; u++) {
        z[u] = (double)w[2 * u] * (double)point[0] + (double)w[2 * u + 1] * (double)point[1] +
               (double)w[8 + u] + (noise != NULL ? noise[u] : 0.0);
        z[4] += (double)w[12 + u] * tanh(z[u]);
    }
    return (tanh(z[4]) - target) * (tanh(z[4]) - target);
}

/* Adds what one point adds to the expected g of anp: over all 32 patterns of its noise. */
static void add_expected(const float *w, const float *point, double target, double sigma,
                         double *g) {
    double clean[5], noisy[5], noise[5];
    const double loss = plain_pass(w, point, target, NULL, clean);
    for (unsigned pattern = 0; pattern < 32; pattern++) {
        double square = 0.0;
        for (int u = 0; u < 5; u++) {
            noise[u] = (pattern >> u & 1U) != 0 ? sigma : -sigma;
        }
        const double change = plain_pass(w, point, target, noise, noisy) - loss;
        for (int u = 0; u < 5; u++) {
            square += (noisy[u] - clean[u]) * (noisy[u] - clean[u]);
        }
        for (int u = 0; u < 5; u++) {
            const double earned = change * 5.0 * (noisy[u] - clean[u]) / square / 32.0 / 60.0;
            for (int i = 0; u < 4 && i < 2; i++) {
                g[2 * u + i] += earned * (double)point[i];
            }
            g[u < 4 ? 8 + u : 16] += earned;
            for (int i = 0; u == 4 && i < 4; i++) {
                g[12 + i] += earned * tanh(clean[i]);
            }
        }
    }
}

/* Its moves are on average, over 400 runs' noise, what all patterns of noise give. */
TEST(anp_moves_both_layers_as_it_should) {
    enum { SEEDS = 400 };
    double mean[17] = {0}, expected[17] = {0};
    float w[17];
    struct train_options options;
    struct trainer *trainer;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        float moves[17];
        moves_of("anp", seed, true, 17, moves);
        for (int i = 0; i < 17; i++) {
            mean[i] -= (double)moves[i] / SEEDS;
        }
    }
    small_run_open(core, &options);
    ck_assert_int_eq(trainer_create(core, &options, &trainer), SYNRL_OK);
    trainer_weights(trainer, w);
    trainer_destroy(trainer);
    const synrl_data *data = dataset_data(options.data);
    ck_assert_uint_eq(data->n_samples, 60);
    for (int s = 0; s < 60; s++) {
        add_expected(w, (const float *)data->inputs + (size_t)(2 * s), (double)data->targets[s],
                     0.03, expected);
    }
    small_run_close(&options);
    for (int layer = 0; layer < 2; layer++) {
        double along = 0.0, length = 0.0, whole = 0.0;
        for (int i = layer == 0 ? 0 : 12; i < (layer == 0 ? 12 : 17); i++) {
            along += mean[i] * expected[i];
            length += expected[i] * expected[i];
            whole += mean[i] * mean[i];
        }
        ck_assert_double_eq_tol(along / length, 1.0, 0.05);
        ck_assert_double_gt(along / sqrt(length * whole), 0.95);
    }
}
