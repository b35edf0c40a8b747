/* SPDX-License-Identifier: MIT */
/* REINFORCE against a case by hand, against differences of the expected reward over everything that
 * two units can do, and on a real network against its expected loss. */
#include <math.h>
#include <string.h>

#include "support/rules.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"

/* Stochastic units of one layer: p = sigmoid(sum_i w_ui x_i), and a sample's loss is sum_u (y_u -
 * goal_u)^2 + y_0 y_1 / 2. */
enum { N_SAMPLES = 2, N_INPUTS = 2, N_UNITS = 2, N = N_INPUTS * N_UNITS, N_FIRINGS = 16 };

static const double x[N_SAMPLES][N_INPUTS] = {{1.0, 2.0}, {-1.0, 0.5}};
static const double goals[N_SAMPLES][N_UNITS] = {{1.0, 0.25}, {0.0, 0.5}};

static struct world {
    synrl_env env;
    double w[N];
    float moved[N];
    unsigned firing; /* bit s * N_UNITS + u: y */
    bool is_fired;   /* the last pass was */
    bool is_given;   /* losses are these */
    double given[N_SAMPLES];
    int bad_sample; /* whose loss is not finite; -1: none */
    double signals[N_SAMPLES];
    uint32_t flags;
} world;

static struct core *core;
static const synrl_layout layout = {.size = sizeof layout, .n_synapses = N, .n_units = N_UNITS};

static double p_of(const double *w, int s, int u) {
    double z = 0.0;
    for (int i = 0; i < N_INPUTS; i++) {
        z += w[u * N_INPUTS + i] * x[s][i];
    }
    return 1.0 / (1.0 + exp(-z));
}

static double y_of(unsigned firing, int s, int u) {
    return firing >> (s * N_UNITS + u) & 1U;
}

static double loss_of(int s, double y0, double y1) {
    const double e0 = y0 - goals[s][0], e1 = y1 - goals[s][1];
    return e0 * e0 + e1 * e1 + y0 * y1 / 2.0;
}

static size_t fake_one_block(const synrl_env *env) {
    (void)env;
    return 1;
}

static size_t fake_n_units(const synrl_env *env) {
    (void)env;
    return N_UNITS;
}

static synrl_status fake_fire(synrl_env *env, uint32_t draw, double *loss) {
    (void)env;
    ck_assert_uint_eq(draw, 0);
    ck_assert_ptr_null(loss);
    world.is_fired = true;
    return SYNRL_OK;
}

static synrl_status fake_sample_losses(synrl_env *env, int64_t *terms) {
    (void)env;
    ck_assert(world.is_fired);
    for (int s = 0; s < N_SAMPLES; s++) {
        const double loss = world.is_given
                                ? world.given[s]
                                : loss_of(s, y_of(world.firing, s, 0), y_of(world.firing, s, 1));
        terms[s] = s == world.bad_sample ? INT64_MAX : (int64_t)llround(loss / SYNRL_TERM_UNIT);
    }
    return SYNRL_OK;
}

/* As local.h says of SYNRL_WHERE_FIRED. */
static synrl_status fake_correlate(synrl_env *env, const synrl_signal *signal, double *credit) {
    (void)env;
    world.flags = signal->flags;
    for (int s = 0; s < N_SAMPLES; s++) {
        world.signals[s] = (double)signal->floats[s];
        ck_assert_float_eq(signal->floats[s], signal->floats[SYNRL_LANES + s]);
    }
    for (int k = 0; k < N; k++) {
        credit[k] = 0.0;
        for (int s = 0; s < N_SAMPLES; s++) {
            const int u = k / N_INPUTS;
            const double surprise = y_of(world.firing, s, u) - p_of(world.w, s, u);
            credit[k] += x[s][k % N_INPUTS] * surprise * world.signals[s];
        }
    }
    return SYNRL_OK;
}

static synrl_status fake_shift(synrl_env *env, const float *delta) {
    (void)env;
    memcpy(world.moved, delta, sizeof world.moved);
    world.is_fired = false;
    return SYNRL_OK;
}

static const synrl_local_api local = {.size = sizeof local,
                                      .n_blocks = fake_one_block,
                                      .n_units = fake_n_units,
                                      .sample_losses = fake_sample_losses,
                                      .correlate = fake_correlate,
                                      .fire = fake_fire};

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &layout,
                                   .n_samples = N_SAMPLES,
                                   .shift = fake_shift,
                                   .local = &local},
                           .bad_sample = -1};
    for (int i = 0; i < N; i++) {
        world.w[i] = 0.25 * (i % 4) - 0.5;
    }
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("reinforce", .setup = setup, .teardown = teardown);

static void start(struct rule *rule, size_t n, const struct named_value *values) {
    test_rule(core, rule, &world.env, "reinforce", n, values);
}

static void step(struct rule *rule) {
    ck_assert_msg(rule_step(rule, &world.env) == SYNRL_OK, "%s", core->message);
    world.env.iteration++;
}

/* Rewards -1, -3: b is their mean, -2. Then 0, 0 beside -2, and b becomes -1 with decay 1/2. Then
 * -1, -1 are what is usual. */
TEST(the_running_mean_by_hand) {
    static const double losses[][N_SAMPLES] = {{1, 3}, {0, 0}, {1, 1}};
    static const double signals[][N_SAMPLES] = {{1, -1}, {2, 2}, {0, 0}};
    struct rule rule;
    world.is_given = true;
    start(&rule, GIVEN({"decay", NUMBER(0.5)}, {"centred", BOOLEAN(true)}));
    for (int k = 0; k < 3; k++) {
        memcpy(world.given, losses[k], sizeof world.given);
        step(&rule);
        for (int s = 0; s < N_SAMPLES; s++) {
            ck_assert_double_eq(world.signals[s], signals[k][s]);
        }
    }
    ck_assert_uint_eq(world.flags, SYNRL_WHERE_FIRED | SYNRL_CENTRED);
    rule_clear(&rule);
}

/* w = 0, so p = 1/2; all units fire, and y - p = 1/2. Rewards -1 and -3 beside -2: g is half of
 * (x0 - x1) / 2: (1 + 1) / 4 and (2 - 1/2) / 4. With alpha and momentum 1/2: g / 2, then, at the
 * same rewards again, 3/4 g. */
TEST(a_step_by_hand_and_its_momentum) {
    struct rule rule;
    memset(world.w, 0, sizeof world.w);
    world.firing = 0xF;
    world.is_given = true;
    memcpy(world.given, (double[]){1, 3}, sizeof world.given);
    start(&rule, GIVEN({"alpha", NUMBER(0.5)}, {"momentum", NUMBER(0.5)}));
    for (int k = 0; k < 2; k++) {
        step(&rule);
        for (int i = 0; i < N; i++) {
            const double g = i % N_INPUTS == 0 ? 0.5 : 0.375;
            ck_assert_float_eq(world.moved[i], (float)((k == 0 ? 0.5 : 0.75) * g));
        }
    }
    rule_clear(&rule);
}

static double probability(const double *w, unsigned firing) {
    double product = 1.0;
    for (int s = 0; s < N_SAMPLES; s++) {
        for (int u = 0; u < N_UNITS; u++) {
            const double p = p_of(w, s, u);
            product *= y_of(firing, s, u) > 0.0 ? p : 1.0 - p;
        }
    }
    return product;
}

/* The mean over samples, of all that can happen. */
static double expected_reward(const double *w) {
    double reward = 0.0;
    for (unsigned firing = 0; firing < N_FIRINGS; firing++) {
        for (int s = 0; s < N_SAMPLES; s++) {
            reward -= probability(w, firing) * loss_of(s, y_of(firing, s, 0), y_of(firing, s, 1)) /
                      N_SAMPLES;
        }
    }
    return reward;
}

/* What rewards are compared with, here 1 above all, does not depend on them, so it changes no mean.
 */
TEST(the_mean_over_all_firings_is_the_slope_of_the_expected_reward) {
    double mean[N] = {0};
    struct rule rule;
    start(&rule, GIVEN({"alpha", NUMBER(1)}, {"decay", NUMBER(1)}));
    world.is_given = true;
    memcpy(world.given, (double[]){-1, -1}, sizeof world.given); /* b, for good */
    step(&rule);
    world.is_given = false;
    for (world.firing = 0; world.firing < N_FIRINGS; world.firing++) {
        step(&rule);
        for (int i = 0; i < N; i++) {
            mean[i] += (double)world.moved[i] * probability(world.w, world.firing);
        }
    }
    for (int i = 0; i < N; i++) {
        double above[N], below[N];
        memcpy(above, world.w, sizeof above);
        memcpy(below, world.w, sizeof below);
        above[i] += 1e-4;
        below[i] -= 1e-4;
        const double slope = (expected_reward(above) - expected_reward(below)) / 2e-4;
        ck_assert_double_eq_tol(mean[i], slope, 1e-6);
        ck_assert_double_gt(fabs(slope), 1e-3);
    }
    rule_clear(&rule);
}

TEST(a_sample_without_a_finite_loss_says_nothing) {
    struct rule rule;
    world.is_given = true;
    memcpy(world.given, (double[]){1, 3}, sizeof world.given);
    start(&rule, GIVEN({"decay", NUMBER(1)}));
    step(&rule); /* b = -2 */
    world.bad_sample = 1;
    step(&rule);
    ck_assert_double_eq(world.signals[0], 1.0);
    ck_assert_double_eq(world.signals[1], 0.0);
    rule_clear(&rule);
}

TEST(its_state_continues) {
    float wanted[N];
    struct rule whole, second;
    start(&whole, GIVEN({"momentum", NUMBER(0.5)}));
    for (world.firing = 3; world.firing < 8; world.firing++) {
        step(&whole);
    }
    start(&second, GIVEN({"momentum", NUMBER(0.5)}));
    test_hand_over(core, &whole, &second);
    step(&whole);
    memcpy(wanted, world.moved, sizeof wanted);
    step(&second);
    ck_assert_mem_eq(wanted, world.moved, sizeof wanted);
    rule_clear(&whole);
    rule_clear(&second);
}

/* On a real network ---------------------------------------------------------------------------- */

enum { N_HIDDEN = 3, DEEP = 2 * N_HIDDEN + N_HIDDEN + N_HIDDEN + 1, N_POINTS = 60, N_RUNS = 400 };

static void open_network(struct train_options *options) {
    static const struct value sizes[] = {INTEGER(2), INTEGER(N_HIDDEN), INTEGER(1)};
    small_run_open(core, options);
    component_release(options->rule);
    component_release(options->loss);
    component_release(options->model);
    options->loss = test_component(core, SYNRL_KIND_LOSS, "mse", 0, NULL);
    options->rule = test_component(core, SYNRL_KIND_RULE, "reinforce", GIVEN({"alpha", NUMBER(1)}));
    options->model =
        test_component(core, SYNRL_KIND_MODEL, "mlp",
                       GIVEN({"layers", LIST(sizes)}, {"init", NUMBER(0.2)},
                             {"activation", STRING("sigmoid")}, {"output", STRING("sigmoid")}));
    options->iterations = 1;
}

static double sigmoid(double z) {
    return 1.0 / (1.0 + exp(-z));
}

/* The mean squared error that is to be expected, over everything the hidden units can do. */
static double expected_loss(const synrl_data *data, const double *w) {
    const float *inputs = data->inputs;
    double loss = 0.0;
    for (int s = 0; s < N_POINTS; s++) {
        for (unsigned firing = 0; firing < 1U << N_HIDDEN; firing++) {
            double chance = 1.0, z = w[DEEP - 1];
            for (int u = 0; u < N_HIDDEN; u++) {
                const double p =
                    sigmoid(w[2 * u] * (double)inputs[2 * s] +
                            w[2 * u + 1] * (double)inputs[2 * s + 1] + w[2 * N_HIDDEN + u]);
                const bool fires = (firing >> u & 1U) != 0;
                chance *= fires ? p : 1.0 - p;
                z += fires ? w[3 * N_HIDDEN + u] : 0.0;
            }
            const double t = (double)data->targets[s], q = sigmoid(z);
            loss += chance * (q * (1.0 - t) * (1.0 - t) + (1.0 - q) * t * t) / N_POINTS;
        }
    }
    return loss;
}

/* Moves of one iteration, on average over runs with other seeds, against differences of the
 * expected loss: as long as these along them, and little else. */
TEST(it_goes_down_the_expected_loss_of_a_network) {
    double w[DEEP], mean[DEEP] = {0}, along = 0.0, length = 0.0, whole = 0.0;
    struct train_options options;
    open_network(&options);
    for (uint64_t seed = 1; seed <= N_RUNS; seed++) {
        float before[DEEP], after[DEEP];
        struct trainer *trainer;
        options.seed = seed;
        ck_assert_msg(trainer_create(core, &options, &trainer) == SYNRL_OK, "%s", core->message);
        ck_assert_uint_eq(trainer_layout(trainer)->n_synapses, DEEP);
        trainer_weights(trainer, before);
        ck_assert_msg(trainer_run(trainer, 0, NULL) == SYNRL_OK, "%s", core->message);
        trainer_weights(trainer, after);
        trainer_destroy(trainer);
        for (int i = 0; i < DEEP; i++) {
            w[i] = (double)before[i];
            mean[i] += ((double)after[i] - (double)before[i]) / N_RUNS;
        }
    }
    for (int i = 0; i < DEEP; i++) {
        const double here = w[i];
        w[i] = here + 1e-5;
        const double above = expected_loss(dataset_data(options.data), w);
        w[i] = here - 1e-5;
        const double slope = (above - expected_loss(dataset_data(options.data), w)) / 2e-5;
        w[i] = here;
        along -= mean[i] * slope;
        length += slope * slope;
        whole += mean[i] * mean[i];
    }
    ck_assert_double_eq_tol(along / length, 1.0, 0.1);
    ck_assert_double_gt(along / sqrt(length * whole), 0.9);
    small_run_close(&options);
}
