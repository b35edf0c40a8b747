/* SPDX-License-Identifier: MIT */
/* rank1 by hand, against its definition from the random words, and in whole runs against steps of
 * all actions one by one. */
#include <string.h>

#include "engine/engine.h"
#include "support/pace.h"
#include "support/rules.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"
#include "train/environment.h"
#include "train/step_check.h"

/* Layers of 20-5-10 and their biases: rows 5 + 5 + 10 + 10, columns 20 + 5. */
enum { N_U = 30, N_V = 25, N = N_U + N_V, SEED = 5 };

/* Notes factors, and pays a given reward. */
static struct world {
    synrl_env env;
    synrl_outcome outcome;
    int8_t u[N_U], v[N_V];
    double alpha, bias_scale;
    int reward;
} world;

static const synrl_tensor tensors[] = {
    {.name = "1.weight", .n_rows = 5, .n_columns = 20, .reads_inputs = true},
    {.name = "1.bias", .n_rows = 5, .n_columns = 1, .is_bias = true},
    {.name = "2.weight", .n_rows = 10, .n_columns = 5},
    {.name = "2.bias", .n_rows = 10, .n_columns = 1, .is_bias = true},
};
static const synrl_layout layout = {.size = sizeof layout,
                                    .tensor_size = sizeof(synrl_tensor),
                                    .n_synapses = 165,
                                    .n_tensors = COUNT_OF(tensors),
                                    .tensors = tensors};

static struct core *core;

static synrl_status fake_step(synrl_env *env, const int8_t *u, const int8_t *v, double alpha,
                              double bias_scale, const synrl_outcome **outcome) {
    (void)env;
    memcpy(world.u, u, N_U);
    memcpy(world.v, v, N_V);
    world.alpha = alpha;
    world.bias_scale = bias_scale;
    world.outcome = (synrl_outcome){.size = sizeof world.outcome, .reward = world.reward};
    *outcome = &world.outcome;
    return SYNRL_OK;
}

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &layout,
                                   .seed = SEED,
                                   .step_rank_one = fake_step}};
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("rank1", .setup = setup, .teardown = teardown);

static void start(struct rule *rule, double epsilon) {
    test_rule(core, rule, &world.env, "rank1",
              GIVEN({"epsilon", NUMBER(epsilon)}, {"bias_scale", NUMBER(3)}));
}

static void step(struct rule *rule, uint64_t iteration, int reward) {
    world.env.iteration = iteration;
    world.reward = reward;
    ck_assert_msg(rule_step(rule, &world.env) == SYNRL_OK, "%s", core->message);
}

/* Without draws the columns stay as they were drawn first, and a reward of -1 turns the rows. */
TEST(rewards_keep_and_turn_the_rows) {
    static const int rewards[] = {1, 1, -1, -1, 1, -1, 1};
    static const int signs[] = {1, 1, 1, -1, 1, 1, -1}; /* of the first u */
    int8_t u[N_U], v[N_V];
    struct rule rule;
    int sum = 0;
    start(&rule, 0.0);
    for (uint64_t t = 0; t < COUNT_OF(rewards); t++) {
        step(&rule, t, rewards[t]);
        if (t == 0) {
            memcpy(u, world.u, N_U);
            memcpy(v, world.v, N_V);
        }
        for (int i = 0; i < N_U; i++) {
            ck_assert_int_eq(world.u[i], signs[t] * u[i]);
            ck_assert(u[i] == 1 || u[i] == -1);
            sum += t == 0 ? u[i] : 0;
        }
        ck_assert_mem_eq(world.v, v, N_V);
    }
    ck_assert(sum > -N_U && sum < N_U);
    ck_assert(world.alpha == 0.001 && world.bias_scale == 3);
    rule_clear(&rule);
}

/* A word for each u, then for each v: drawn where its first 31 bits are below epsilon 2^31; the
 * last is the sign. Half of the run is continued by another instance. */
TEST(draws_are_made_from_the_words) {
    const double epsilon = 0.3;
    struct rule first, second;
    int factors[N] = {0}, n_drawn = 0;
    uint32_t words[N];
    start(&first, epsilon);
    start(&second, epsilon);
    for (uint64_t t = 0; t < 400; t++) {
        const int reward = (t * t + t / 3) % 5 < 2 ? -1 : 1;
        random_api.words((synrl_stream){SEED, t, SYNRL_PURPOSE_ACTIONS}, 0, N, words);
        for (int i = 0; i < N; i++) {
            if (t == 0 || (double)(words[i] >> 1) < epsilon * 2147483648.0) {
                factors[i] = words[i] % 2 == 1 ? 1 : -1;
                n_drawn++;
            }
        }
        if (t == 200) {
            test_hand_over(core, &first, &second);
        }
        step(t < 200 ? &first : &second, t, reward);
        for (int i = 0; i < N; i++) {
            const int8_t got = i < N_U ? world.u[i] : world.v[i - N_U];
            CHECK_OFTEN(got == factors[i], "iteration %d, factor %d: %d", (int)t, i, got);
            factors[i] = i < N_U ? reward * factors[i] : factors[i];
        }
    }
    ck_assert(n_drawn > 400 * N / 4 && n_drawn < 400 * N / 3); /* 6600 +- 5 times 68 */
    rule_clear(&first);
    rule_clear(&second);
}

/* The same run by hand: the environment's own `step`, with the products, one by one. */
static void check_run(struct train_options *options) {
    struct trainer *trainer;
    struct environment *environment;
    ck_assert_int_eq(trainer_create(core, options, &trainer), SYNRL_OK);
    ck_assert_int_eq(environment_create(core, options, &environment), SYNRL_OK);
    synrl_env *env = environment_public(environment);
    const size_t n = env->layout->n_synapses;
    size_t n_u, n_v;
    synrl_rank_one_sizes(env->layout, &n_u, &n_v);
    int8_t *factors = core_alloc(core, n_u + n_v, 1), *actions = core_alloc(core, n, 1);
    uint32_t *words = core_alloc(core, n_u + n_v, sizeof *words);
    float *weights = core_alloc(core, 2 * n, sizeof *weights);
    for (uint64_t t = 0; t < options->iterations; t++) {
        const synrl_outcome *outcome;
        ck_assert_int_eq(environment_begin(environment, t, false), SYNRL_OK);
        random_api.words(synrl_action_stream(env), 0, n_u + n_v, words);
        for (size_t i = 0; i < n_u + n_v; i++) {
            if (t == 0 || (double)(words[i] >> 1) < 0.1 * 2147483648.0) {
                factors[i] = words[i] % 2 == 1 ? 1 : -1;
            }
        }
        step_expand_rank_one(env->layout, factors, factors + n_u, actions);
        ck_assert_int_eq(env->step(env, actions, 0.001, 1, &outcome), SYNRL_OK);
        for (size_t i = 0; i < n_u; i++) {
            factors[i] = (int8_t)(outcome->reward * factors[i]);
        }
    }
    ck_assert_int_eq(env->weights(env, weights), SYNRL_OK);
    ck_assert_msg(trainer_run(trainer, 0, NULL) == SYNRL_OK, "%s", core->message);
    trainer_weights(trainer, weights + n);
    ck_assert_mem_eq(weights, weights + n, n * sizeof *weights);
    core_free(core, factors);
    core_free(core, actions);
    core_free(core, words);
    core_free(core, weights);
    environment_destroy(environment);
    trainer_destroy(trainer);
}

TEST(runs_on_floats_end_as_one_by_one) {
    struct train_options options;
    small_run_open(core, &options);
    component_release(options.rule);
    options.rule = test_component(core, SYNRL_KIND_RULE, "rank1", 0, NULL);
    options.iterations = 300;
    options.batch_size = 40;
    options.batch_every = 70;
    check_run(&options);
    small_run_close(&options);
}

TEST(runs_on_bytes_end_as_one_by_one) {
    static const struct value sizes[] = {INTEGER(33), INTEGER(7), INTEGER(10)};
    struct component *pixels = test_component(
        core, SYNRL_KIND_DATASET, "pixels", GIVEN({"samples", NUMBER(45)}, {"inputs", NUMBER(33)}));
    struct train_options options = {
        .name = "test",
        .model = test_component(core, SYNRL_KIND_MODEL, "mlp", GIVEN({"layers", LIST(sizes)})),
        .loss = test_component(core, SYNRL_KIND_LOSS, "cross_entropy", 0, NULL),
        .rule = test_component(core, SYNRL_KIND_RULE, "rank1", 0, NULL),
        .iterations = 300,
        .seed = 3};
    ck_assert_int_eq(dataset_create(core, pixels, &options.data), SYNRL_OK);
    component_release(pixels);
    check_run(&options);
    dataset_release(options.data);
    component_release(options.model);
    component_release(options.loss);
    component_release(options.rule);
}
