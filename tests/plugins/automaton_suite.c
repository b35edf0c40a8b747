/* SPDX-License-Identifier: MIT */
/* Automata against their definitions, against win_stay, and against the closed form for one that
 * plays a bandit of two arms. */
#include <string.h>

#include "engine/engine.h"
#include "support/pace.h"
#include "support/rules.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"

enum { N = 70, SEED = 5 }; /* synapses: not a multiple of 32 */

/* Notes actions and pays: a given reward, or that of one arm, whose synapse is the first. */
static struct world {
    synrl_env env;
    synrl_layout layout;
    synrl_outcome outcome;
    int8_t actions[N];
    int reward;
    double arms[2]; /* probability of a reward of action -, +; where is_bandit */
    bool is_bandit;
} world;

static struct core *core;
static const char *const kinds[] = {"tsetlin", "krinsky", "krylov"};

static double uniform_at(uint64_t iteration, uint32_t purpose) {
    float value;
    random_api.uniform((synrl_stream){SEED, iteration, purpose}, 0, 1, 0.0F, 1.0F, &value);
    return (double)value;
}

static synrl_status fake_step(synrl_env *env, const int8_t *actions, double alpha,
                              double bias_scale, const synrl_outcome **outcome) {
    (void)alpha;
    (void)bias_scale;
    memcpy(world.actions, actions, world.layout.n_synapses);
    int reward = world.reward;
    if (world.is_bandit) {
        const double pays = world.arms[actions[0] > 0 ? 1 : 0];
        reward = uniform_at(env->iteration, SYNRL_PURPOSE_PLUGIN + 9) < pays ? 1 : -1;
    }
    world.outcome = (synrl_outcome){.size = sizeof world.outcome, .reward = reward};
    *outcome = &world.outcome;
    return SYNRL_OK;
}

static void setup(void) {
    core = test_core();
    world = (struct world){
        .layout = {.size = sizeof(synrl_layout), .n_synapses = N},
        .env = {
            .size = sizeof(synrl_env), .layout = &world.layout, .seed = SEED, .step = fake_step}};
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("automaton", .setup = setup, .teardown = teardown);

static void start(struct rule *rule, const char *kind, int depth, double epsilon) {
    test_rule(
        core, rule, &world.env, "automaton",
        GIVEN({"kind", STRING(kind)}, {"depth", INTEGER(depth)}, {"epsilon", NUMBER(epsilon)}));
}

static void step(struct rule *rule, uint64_t iteration, int reward) {
    world.env.iteration = iteration;
    world.reward = reward;
    CHECK_OFTEN(rule_step(rule, &world.env) == SYNRL_OK, "%s", core->message);
}

/* Depth 3, from depth 1, and no more draws. Depths after each reward:
 *   tsetlin  +2 +3 +3 -2 -1 -1(other) +2 -1 -1(first)
 *   krinsky  +3 +3 +3 -2 -1 -1(other) +3 -2 -1
 * so that the actions, as multiples of the first, are: */
TEST_EACH(states_deepen_and_flip_as_by_hand, 2) {
    static const int rewards[] = {1, 1, 1, -1, -1, -1, 1, -1, -1, 1};
    static const int expected[2][10] = {{1, 1, 1, 1, 1, 1, -1, -1, -1, 1},
                                        {1, 1, 1, 1, 1, 1, -1, -1, -1, -1}};
    struct rule drawing, rule;
    int8_t first[N];
    int n_of[3] = {0};
    start(&drawing, kinds[_i], 3, 1.0);
    step(&drawing, 0, rewards[0]);
    memcpy(first, world.actions, N);
    start(&rule, kinds[_i], 3, 0.0);
    test_hand_over(core, &drawing, &rule);
    for (int t = 1; t < 10; t++) {
        step(&rule, (uint64_t)t, rewards[t]);
        for (int i = 0; i < N; i++) {
            CHECK_OFTEN(world.actions[i] == expected[_i][t] * first[i],
                        "%s, iteration %d, synapse %d: %d", kinds[_i], t, i, world.actions[i]);
            n_of[first[i] + 1]++;
        }
    }
    ck_assert(n_of[0] > 0 && n_of[1] > 0 && n_of[2] > 0);
    rule_clear(&drawing);
    rule_clear(&rule);
}

/* As states of an action and a depth, from the words themselves; half of the run is continued by
 * another instance. */
TEST_EACH(every_kind_follows_its_definition, COUNT_OF(kinds)) {
    enum { DEPTH = 4, STEPS = 400 };
    static uint32_t words[N], coins[N];
    int action[N] = {0}, depth[N] = {0};
    struct rule rules[2];
    start(&rules[0], kinds[_i], DEPTH, 0.2);
    start(&rules[1], kinds[_i], DEPTH, 0.2);
    for (uint64_t t = 0; t < STEPS; t++) {
        const int reward = uniform_at(t, SYNRL_PURPOSE_PLUGIN + 8) < 0.6 ? 1 : -1;
        if (t == STEPS / 2) {
            test_hand_over(core, &rules[0], &rules[1]);
        }
        step(&rules[t < STEPS / 2 ? 0 : 1], t, reward);
        random_api.words((synrl_stream){SEED, t, SYNRL_PURPOSE_ACTIONS}, 0, N, words);
        random_api.words((synrl_stream){SEED, t, SYNRL_PURPOSE_PLUGIN}, 0, 3, coins);
        for (int i = 0; i < N; i++) {
            const double u = words[i] / 4294967296.0;
            if (u < 0.2) {
                const int drawn = u < 0.2 / 3 ? -1 : u < 0.4 / 3 ? 0 : 1;
                depth[i] = drawn != action[i] ? 1 : depth[i];
                action[i] = drawn;
            }
            CHECK_OFTEN(world.actions[i] == action[i], "%s, iteration %d, synapse %d: %d",
                        kinds[_i], (int)t, i, world.actions[i]);
            const bool is_lucky = _i == 2 && (coins[i / 32] & 1U << i % 32) != 0;
            if (reward > 0 || is_lucky) {
                depth[i] = _i == 1 || depth[i] == DEPTH ? DEPTH : depth[i] + 1;
            } else if (depth[i] > 1) {
                depth[i]--;
            } else {
                action[i] = -action[i];
            }
        }
    }
    rule_clear(&rules[0]);
    rule_clear(&rules[1]);
}

/* One synapse, paid with probability 1 - c for one arm and 1 - d for the other. From the balance of
 * the chain (tsetlin: neighbours p/c; krinsky: sum c^-depth; flow over the border equal both ways)
 * the arms are played as
 *   tsetlin  sum_k<D (p/c)^k / c  to  the same of the other arm;   krylov: with c/2 for c
 *   krinsky  c^-D  to  d^-D. */
static double weight_of(int kind, int depth, double penalty) {
    const double c = kind == 2 ? penalty / 2 : penalty;
    double sum = 0.0, power = 1.0;
    for (int k = 0; k < depth; k++) {
        sum += power;
        power *= kind == 1 ? 1.0 / c : (1.0 - c) / c;
    }
    return kind == 1 ? power : sum / c;
}

TEST_EACH(a_bandit_is_played_as_often_as_the_closed_form_says, 3 * COUNT_OF(kinds)) {
    enum { STEPS = 60000 };
    const int kind = _i % 3, depth = 1 + _i / 3;
    struct rule drawing, rule;
    int n_better = 0;
    world.layout.n_synapses = 1;
    world.is_bandit = true;
    world.arms[0] = 0.45;
    world.arms[1] = 0.6;
    start(&drawing, kinds[kind], depth, 1.0);
    uint64_t t = 0;
    do {
        step(&drawing, t++, 0);
    } while (world.actions[0] == 0);
    start(&rule, kinds[kind], depth, 0.0);
    test_hand_over(core, &drawing, &rule);
    for (; t < STEPS; t++) {
        step(&rule, t, 0);
        n_better += world.actions[0] > 0;
    }
    const double worse = weight_of(kind, depth, 0.55), better = weight_of(kind, depth, 0.4);
    ck_assert_double_eq_tol((double)n_better / STEPS, better / (better + worse), 0.02);
    rule_clear(&drawing);
    rule_clear(&rule);
}

/* Synapses that rest too, and after any draw. */
TEST(tsetlin_of_depth_1_is_win_stay) {
    static const double epsilons[] = {0.0, 0.1, 1.0};
    uint64_t hashes[2][COUNT_OF(epsilons)];
    for (size_t k = 0; k < 2 * COUNT_OF(epsilons); k++) {
        struct train_options options;
        struct trainer *trainer;
        struct summary summary;
        const char *id = k % 2 == 0 ? "automaton" : "win_stay";
        small_run_open(core, &options);
        component_release(options.rule);
        options.rule =
            test_component(core, SYNRL_KIND_RULE, id, GIVEN({"epsilon", NUMBER(epsilons[k / 2])}));
        options.iterations = 300;
        ck_assert_msg(trainer_create(core, &options, &trainer) == SYNRL_OK, "%s", core->message);
        ck_assert_msg(trainer_run(trainer, 0, NULL) == SYNRL_OK, "%s", core->message);
        trainer_summary(trainer, &summary);
        hashes[k % 2][k / 2] = summary.weights_hash;
        trainer_destroy(trainer);
        small_run_close(&options);
    }
    ck_assert_mem_eq(hashes[0], hashes[1], sizeof hashes[0]);
    ck_assert(hashes[0][0] != hashes[0][1] && hashes[0][1] != hashes[0][2]);
}

TEST(what_is_no_depth_or_kind_is_refused) {
    struct component *component;
    ck_assert_int_eq(component_create(core, SYNRL_KIND_RULE, "automaton", &component), SYNRL_OK);
    test_failure(core, SYNRL_INVALID,
                 component_set(component, "depth", &(struct value)INTEGER(128)),
                 "rule \"automaton\": depth = 128: must be 1 .. 127");
    test_failure(core, SYNRL_INVALID,
                 component_set(component, "kind", &(struct value)STRING("goore")),
                 "rule \"automaton\": kind = \"goore\": must be one of tsetlin|krinsky|krylov");
    component_release(component);
}
