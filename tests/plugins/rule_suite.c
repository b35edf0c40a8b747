/* SPDX-License-Identifier: MIT */
/* Rules against arithmetic done by hand: a network of three synapses behind an environment that
 * hands out rewards from a list. */
#include <string.h>

#include "policy/policy.h"
#include "support/support.h"
#include "support/test.h"
#include "train/rule.h"

enum { N_SYNAPSES = 3, N_STEPS_MAX = 8 };

/* An environment that plays back rewards and notes actions. */
struct playback {
    synrl_env env;
    synrl_outcome outcome;
    int rewards[N_STEPS_MAX];
    int8_t actions[N_STEPS_MAX][N_SYNAPSES];
    double alpha, bias_scale;
    float shifted[N_SYNAPSES];
};

static struct core *core;
static struct playback playback;
static const synrl_layout layout = {.size = sizeof layout, .n_synapses = N_SYNAPSES};

static synrl_status play_step(synrl_env *env, const int8_t *actions, double alpha,
                              double bias_scale, const synrl_outcome **outcome) {
    struct playback *played = env->context;
    memcpy(played->actions[env->iteration], actions, N_SYNAPSES);
    played->alpha = alpha;
    played->bias_scale = bias_scale;
    played->outcome =
        (synrl_outcome){.size = sizeof played->outcome, .reward = played->rewards[env->iteration]};
    *outcome = &played->outcome;
    return SYNRL_OK;
}

static synrl_status play_differentiable(synrl_env *env) {
    (void)env;
    return SYNRL_OK;
}

static synrl_status play_gradient(synrl_env *env, float *gradient, double *loss) {
    (void)env;
    static const float slopes[N_SYNAPSES] = {1.0F, -2.0F, 0.5F};
    memcpy(gradient, slopes, sizeof slopes);
    *loss = 1.0;
    return SYNRL_OK;
}

static synrl_status play_shift(synrl_env *env, const float *delta) {
    memcpy(((struct playback *)env->context)->shifted, delta, sizeof(float) * N_SYNAPSES);
    return SYNRL_OK;
}

static void setup(void) {
    core = test_core();
    playback = (struct playback){.env = {.size = sizeof(synrl_env),
                                         .context = &playback,
                                         .layout = &layout,
                                         .seed = 1,
                                         .step = play_step,
                                         .differentiable = play_differentiable,
                                         .gradient = play_gradient,
                                         .shift = play_shift}};
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("rule", .setup = setup, .teardown = teardown);

static struct component *rule_component(const char *id) {
    struct component *component;
    ck_assert_msg(component_create(core, SYNRL_KIND_RULE, id, &component) == SYNRL_OK, "%s",
                  core->message);
    return component;
}

static void start(struct rule *rule, struct component *component) {
    ck_assert_msg(component_finish(component) == SYNRL_OK, "%s", core->message);
    ck_assert_msg(rule_create(rule, core, component) == SYNRL_OK, "%s", core->message);
    component_release(component);
    ck_assert_msg(rule_start(rule, &playback.env) == SYNRL_OK, "%s", core->message);
}

static void play(struct rule *rule, int n, const int *rewards) {
    memcpy(playback.rewards, rewards, (size_t)n * sizeof *rewards);
    for (int t = 0; t < n; t++) {
        playback.env.iteration = (uint64_t)t;
        ck_assert_msg(rule_step(rule, &playback.env) == SYNRL_OK, "%s", core->message);
    }
}

static void check_actions(int t, int8_t expected) {
    for (int i = 0; i < N_SYNAPSES; i++) {
        ck_assert_msg(playback.actions[t][i] == expected, "iteration %d, synapse %d: %d, not %d", t,
                      i, playback.actions[t][i], expected);
    }
}

/* Q of memory 1: rewards and history as digits, -1 / 0 / +1 = 0 / 1 / 2. */
static double q_of(struct rule *rule, int rewards, int history, int action) {
    return rule_policy(rule)->q[(rewards * 3 + history) * 3 + action];
}

static struct component *small_qlearning(const char *sweep) {
    struct component *component = rule_component("qlearning");
    test_set(core, component,
             GIVEN({"memory", INTEGER(1)}, {"epsilon", NUMBER(0)}, {"alpha_q", NUMBER(0.5)},
                   {"gamma", NUMBER(0.5)}, {"sweep", STRING(sweep)}));
    return component;
}

/* epsilon 0, an all-zero table, ties to the first: by hand, with (rewards, history) as digits:
 *  t  state  action  reward  next   max Q(next)  target    three updates with alpha_q 1/2 from 0
 *  0  (1,1)    -1      +1    (2,0)      0           1      Q(1,1,-) = 1 - 1/8           =  7/8
 *  1  (2,0)    -1      -1    (0,0)      0          -1      Q(2,0,-) = -7/8
 *  2  (0,0)    -1      +1    (2,0)  max(-7/8,0,0)   1      Q(0,0,-) = 7/8
 *  3  (2,0)     0      +1    (2,1)      0           1      Q(2,0,0) = 7/8
 *  4  (2,1)    -1      -1    (0,0)     7/8      -1 + 7/16  Q(2,1,-) = -9/16 * 7/8       = -63/128
 */
static void check_episode(const char *sweep) {
    static const int rewards[] = {1, -1, 1, 1, -1};
    struct rule rule;
    start(&rule, small_qlearning(sweep));
    play(&rule, 5, rewards);
    check_actions(0, -1);
    check_actions(1, -1);
    check_actions(2, -1);
    check_actions(3, 0);
    check_actions(4, -1);
    ck_assert_double_eq(q_of(&rule, 1, 1, 0), 7.0 / 8);
    ck_assert_double_eq(q_of(&rule, 2, 0, 0), -7.0 / 8);
    ck_assert_double_eq(q_of(&rule, 0, 0, 0), 7.0 / 8);
    ck_assert_double_eq(q_of(&rule, 2, 0, 1), 7.0 / 8);
    ck_assert_double_eq(q_of(&rule, 2, 1, 0), -63.0 / 128);
    rule_clear(&rule);
}

TEST(qlearning_episode_by_hand_synchronous) {
    check_episode("synchronous");
}

TEST(qlearning_episode_by_hand_sequential) {
    check_episode("sequential");
}

/* Two rewards in a row. At t = 1 state, action and next state are (2,0), -, (2,0): the target is a
 * cell under update. Q(2,0,-) starts at 1/2:
 *   synchronous: target 1 + 1/4 = 5/4 three times: 5/4 + (1/2 - 5/4) / 8 = 37/32
 *   sequential:  1/2 -> (1/2 + 5/4)/2 = 7/8 -> (7/8 + 23/16)/2 = 37/32 -> (37/32 + 101/64)/2 =
 * 175/128 */
static void check_own_target(const char *sweep, double expected) {
    static const int rewards[] = {1, 1};
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 1, 1, 0, &policy), SYNRL_OK);
    policy->q[(2 * 3 + 0) * 3 + 0] = 0.5;
    struct component *component = small_qlearning(sweep);
    test_set(core, component, GIVEN({"policy", POLICY(policy)}));
    struct rule rule;
    start(&rule, component);
    play(&rule, 2, rewards);
    check_actions(1, -1);
    ck_assert_double_eq(q_of(&rule, 2, 0, 0), expected);
    ck_assert_double_eq(policy->q[(2 * 3 + 0) * 3 + 0], 0.5); /* the table given stays as it was */
    policy_release(policy);
    rule_clear(&rule);
}

TEST(sweeps_differ_where_a_target_is_under_update) {
    check_own_target("synchronous", 37.0 / 32);
    check_own_target("sequential", 175.0 / 128);
}

/* Null before the first reward; epsilon 1 is needed to start moving, so put actions in by hand. */
TEST(win_stay_repeats_and_reverses) {
    static const int rewards[] = {1, 1, -1, 1};
    struct rule rule;
    start(&rule, rule_component("win_stay"));
    const synrl_policy *policy = rule_policy(&rule);
    /* After +1 (digit 2) the last action, after -1 (digit 0) its opposite, else null. */
    static const int expected[3][3] = {{2, 1, 0}, {1, 1, 1}, {0, 1, 2}};
    for (uint32_t reward = 0; reward < 3; reward++) {
        uint8_t greedy[SYNRL_HISTORIES_MAX];
        policy_greedy(policy, SYNRL_TIES_FIRST, reward, greedy);
        for (int last = 0; last < 3; last++) {
            ck_assert_int_eq(greedy[last], expected[reward][last]);
        }
    }
    play(&rule, 4, rewards);
    rule_clear(&rule);
    struct component *still = rule_component("win_stay");
    test_set(core, still, GIVEN({"epsilon", NUMBER(0)}));
    start(&rule, still);
    play(&rule, 4, rewards);
    check_actions(0, 0);
    check_actions(3, 0);
    rule_clear(&rule);
}

TEST(static_follows_its_policy_and_never_changes_it) {
    static const int rewards[] = {1, -1, -1, 1};
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 0, 1, 0, &policy), SYNRL_OK);
    policy->q[0 * 3 + 1] = 1; /* punished: null */
    policy->q[1 * 3 + 0] = 1; /* no reward yet: - */
    policy->q[2 * 3 + 2] = 1; /* rewarded: + */
    struct component *component = rule_component("static");
    test_set(core, component,
             GIVEN({"policy", POLICY(policy)}, {"epsilon", NUMBER(0)}, {"alpha_s", NUMBER(0.125)},
                   {"bias_scale", NUMBER(2)}));
    struct rule rule;
    start(&rule, component);
    const uint64_t hash = policy_hash(policy);
    play(&rule, 4, rewards);
    check_actions(0, -1);
    check_actions(1, 1);
    check_actions(2, 0);
    check_actions(3, 0);
    ck_assert_double_eq(playback.alpha, 0.125);
    ck_assert_double_eq(playback.bias_scale, 2);
    ck_assert_uint_eq(policy_hash(policy), hash);
    policy_release(policy);
    rule_clear(&rule);
}

/* delta = -alpha * gradient = -1/4 * (1, -2, 1/2) */
TEST(gd_goes_down_the_slope) {
    struct component *component = rule_component("gd");
    test_set(core, component, GIVEN({"alpha", NUMBER(0.25)}));
    struct rule rule;
    start(&rule, component);
    ck_assert_int_eq(rule_step(&rule, &playback.env), SYNRL_OK);
    ck_assert_float_eq(playback.shifted[0], -0.25F);
    ck_assert_float_eq(playback.shifted[1], 0.5F);
    ck_assert_float_eq(playback.shifted[2], -0.125F);
    rule_clear(&rule);
}

TEST(traits_are_declared) {
    static const struct {
        const char *id;
        uint32_t traits;
    } rules[] = {
        {"static", SYNRL_RULE_READS_MORE},
        {"win_stay", 0},
        {"qlearning", SYNRL_RULE_READS_MORE},
        {"gd", SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS},
        {"my_rule", 0},
        {"automaton", 0},
        {"rank1", 0},
        {"egg_vote", SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS},
        {"node_perturb", SYNRL_RULE_READS_MORE},
        {"dfa", SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS},
        {"fa", SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS},
        {"anp", SYNRL_RULE_READS_MORE},
        {"reinforce", SYNRL_RULE_READS_MORE},
    };
    for (size_t k = 0; k < COUNT_OF(rules); k++) {
        struct component *component = rule_component(rules[k].id);
        const synrl_rule_ops *ops = component_plugin(component)->entry->ops;
        ck_assert_uint_eq(ops->traits, rules[k].traits);
        component_release(component);
    }
}

/* A saved rule continues as if nothing had happened. */
TEST(saved_rules_continue) {
    static const char *const ids[] = {"qlearning", "win_stay", "my_rule", "automaton"};
    static const int rewards[] = {1, -1, 1, 1, -1, 1, -1, -1};
    for (size_t k = 0; k < COUNT_OF(ids); k++) {
        struct rule whole, second;
        size_t size;
        start(&whole, rule_component(ids[k]));
        play(&whole, 4, rewards);
        struct stateful state = rule_state(&whole);
        ck_assert_int_eq(state_measure(&state, &size), SYNRL_OK);
        void *saved = core_alloc(core, size, 1);
        ck_assert_int_eq(state_save(&state, saved, size), SYNRL_OK);
        start(&second, rule_component(ids[k]));
        state = rule_state(&second);
        ck_assert_int_ne(state_load(&state, saved, size - 1), SYNRL_OK);
        ck_assert_msg(state_load(&state, saved, size) == SYNRL_OK, "%s", core->message);
        for (uint64_t t = 4; t < 8; t++) {
            int8_t actions[N_SYNAPSES];
            playback.env.iteration = t;
            playback.rewards[t] = rewards[t];
            ck_assert_int_eq(rule_step(&whole, &playback.env), SYNRL_OK);
            memcpy(actions, playback.actions[t], N_SYNAPSES);
            ck_assert_int_eq(rule_step(&second, &playback.env), SYNRL_OK);
            ck_assert_mem_eq(actions, playback.actions[t], N_SYNAPSES);
        }
        if (rule_policy(&whole) != NULL) {
            ck_assert_uint_eq(policy_hash(rule_policy(&whole)), policy_hash(rule_policy(&second)));
        }
        core_free(core, saved);
        rule_clear(&whole);
        rule_clear(&second);
    }
}

/* The template: drawn, kept while it pays, reversed or drawn again. With restless = 0 only kept and
 * reversed. */
TEST(the_template_keeps_and_reverses) {
    static const int rewards[] = {1, 1, -1, -1, 1};
    struct component *component = rule_component("my_rule");
    test_set(core, component, GIVEN({"restless", NUMBER(0)}));
    struct rule rule;
    start(&rule, component);
    play(&rule, 5, rewards);
    static const int signs[] = {1, 1, 1, -1, 1}; /* of the first action: +1, +1, then twice -1 */
    for (int t = 0; t < 5; t++) {
        for (int i = 0; i < N_SYNAPSES; i++) {
            ck_assert_int_eq(playback.actions[t][i], signs[t] * playback.actions[0][i]);
        }
    }
    rule_clear(&rule);
}
