/* SPDX-License-Identifier: MIT */
/* Local features of policies, against digits and tables worked out by hand: a network of two layers
 * behind an environment that hands out credit, activity and rewards from lists. */
#include <string.h>

#include "policy/policy.h"
#include "support/support.h"
#include "support/test.h"
#include "train/rule.h"

/* Two units that read three inputs, and one that reads both. */
enum { N = 11, N_UNITS = 3, N_SAMPLES = 17, N_BLOCKS = 2, N_STEPS_MAX = 8 };

static const synrl_tensor tensors[] = {
    {"layer1.weight", 2, 3, .layer = 1, .reads_inputs = true, .n_positions = 1, .first = 0},
    {"layer1.bias", 2, 1, .layer = 1, .is_bias = true, .first = 6, .first_unit = 2},
    {"layer2.weight", 1, 2, .layer = 2, .n_positions = 1, .first = 8, .first_unit = 2},
    {"layer2.bias", 1, 1, .layer = 2, .is_bias = true, .first = 10, .first_unit = 3},
};

/* Sums over the samples, by synapse: inputs 1, 2 and 6, units 5 and 5; a bias sees 1. */
static const double seen[N] = {1, 2, 6, 1, 2, 6, N_SAMPLES, N_SAMPLES, 5, 5, N_SAMPLES};
static const double activity[N_UNITS] = {0.5, -0.25, 7};

static struct world {
    synrl_env env;
    synrl_layout layout;
    synrl_outcome outcome;
    int rewards[N_STEPS_MAX];
    double credit[N_STEPS_MAX][N];
    int8_t actions[N_STEPS_MAX][N];
    unsigned n_perturbed;
} world;

static struct core *core;

static size_t fake_n_blocks(const synrl_env *env) {
    (void)env;
    return N_BLOCKS;
}

static size_t fake_n_units(const synrl_env *env) {
    (void)env;
    return N_UNITS;
}

static synrl_status fake_perturb(synrl_env *env, uint32_t draw, double sigma, double *loss) {
    (void)env, (void)loss;
    ck_assert_uint_eq(draw, 0);
    ck_assert_double_eq(sigma, 0.25);
    world.n_perturbed++;
    return SYNRL_OK;
}

static synrl_status fake_noise(synrl_env *env, uint32_t draw, int8_t *signs) {
    (void)env, (void)draw;
    memset(signs, 0, (size_t)N_BLOCKS * N_UNITS * SYNRL_LANES);
    return SYNRL_OK;
}

static synrl_status fake_samples(synrl_env *env, int64_t *terms) {
    (void)env;
    memset(terms, 0, N_SAMPLES * sizeof *terms);
    return SYNRL_OK;
}

/* Credit where the signal is one of active units; else what was seen, by a signal of ones. */
static synrl_status fake_correlate(synrl_env *env, const synrl_signal *signal, double *credit) {
    if ((signal->flags & SYNRL_WHERE_ACTIVE) != 0) {
        memcpy(credit, world.credit[env->iteration], world.layout.n_synapses * sizeof *credit);
        return SYNRL_OK;
    }
    ck_assert_uint_eq(signal->flags, 0);
    for (size_t k = 0; k < (size_t)N_BLOCKS * N_UNITS * SYNRL_LANES; k++) {
        const size_t sample = k / SYNRL_LANES / N_UNITS * SYNRL_LANES + k % SYNRL_LANES;
        ck_assert_int_eq(signal->bytes[k], sample < N_SAMPLES ? 1 : 0);
    }
    memcpy(credit, seen, sizeof seen);
    return SYNRL_OK;
}

static synrl_status fake_activity(synrl_env *env, double *mean, double *mean_square) {
    (void)env;
    ck_assert_ptr_null(mean_square);
    memcpy(mean, activity, sizeof activity);
    return SYNRL_OK;
}

static synrl_status fake_step(synrl_env *env, const int8_t *actions, double alpha,
                              double bias_scale, const synrl_outcome **outcome) {
    (void)alpha, (void)bias_scale;
    memcpy(world.actions[env->iteration], actions, world.layout.n_synapses);
    world.outcome =
        (synrl_outcome){.size = sizeof world.outcome, .reward = world.rewards[env->iteration]};
    *outcome = &world.outcome;
    return SYNRL_OK;
}

static const synrl_local_api local = {.size = sizeof local,
                                      .n_blocks = fake_n_blocks,
                                      .n_units = fake_n_units,
                                      .perturb = fake_perturb,
                                      .noise = fake_noise,
                                      .sample_losses = fake_samples,
                                      .falls = fake_samples,
                                      .correlate = fake_correlate,
                                      .activity = fake_activity};

static void setup(void) {
    core = test_core();
    world = (struct world){.env = {.size = sizeof(synrl_env),
                                   .layout = &world.layout,
                                   .n_samples = N_SAMPLES,
                                   .seed = 1,
                                   .step = fake_step,
                                   .local = &local},
                           .layout = {.size = sizeof(synrl_layout),
                                      .tensor_size = sizeof(synrl_tensor),
                                      .n_synapses = N,
                                      .n_units = N_UNITS,
                                      .n_tensors = COUNT_OF(tensors),
                                      .tensors = tensors}};
}

static void teardown(void) {
    core_destroy(core);
}

SUITE("features", .setup = setup, .teardown = teardown);

static void start_component(struct rule *rule, struct component *component) {
    ck_assert_msg(rule_create(rule, core, component) == SYNRL_OK, "%s", core->message);
    component_release(component);
    ck_assert_msg(rule_start(rule, &world.env) == SYNRL_OK, "%s", core->message);
}

static void play(struct rule *rule, uint64_t first, uint64_t end) {
    for (uint64_t t = first; t < end; t++) {
        world.env.iteration = t;
        ck_assert_msg(rule_step(rule, &world.env) == SYNRL_OK, "%s", core->message);
    }
}

/* Digits ---------------------------------------------------------------------------------------- */

/* A table of no memory whose greedy action is the digit of feature number k. */
static synrl_policy *follows(uint32_t k, uint32_t n, const char *const *names) {
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 0, 0, n, &policy), SYNRL_OK);
    ck_assert_int_eq(policy_name_features(core, policy, names), SYNRL_OK);
    for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
        uint32_t digit = situation;
        for (uint32_t i = 0; i < k; i++) {
            digit /= 3;
        }
        policy->q[situation * 3 + digit % 3] = 1.0;
    }
    return policy;
}

static void check_digits(uint32_t k, uint32_t n, const char *const *names) {
    static const struct {
        const char *name;
        int8_t digits[N];
    } expected[] = {
        {"credit", {1, -1, 0, 1, 1, 0, -1, 1, 0, 0, -1}},
        {"pre", {-1, -1, 1, -1, -1, 1, 0, 0, 0, 0, 0}},  /* 1, 2, 6 around 3 */
        {"post", {1, 1, 1, -1, -1, -1, 1, -1, 0, 0, 0}}, /* 1/2, -1/4 around 1/8 */
    };
    struct rule rule;
    synrl_policy *policy = follows(k, n, names);
    world.rewards[0] = 1;
    for (int i = 0; i < N; i++) {
        world.credit[0][i] = 3 * expected[0].digits[i];
    }
    start_component(&rule, test_component(core, SYNRL_KIND_RULE, "static",
                                          GIVEN({"policy", POLICY(policy)}, {"epsilon", NUMBER(0)},
                                                {"sigma", NUMBER(0.25)})));
    play(&rule, 0, 1);
    for (size_t f = 0; f < COUNT_OF(expected); f++) {
        if (strcmp(expected[f].name, names[k]) == 0) {
            ck_assert_mem_eq(world.actions[0], expected[f].digits, N);
        }
    }
    policy_release(policy);
    rule_clear(&rule);
}

TEST(each_feature_is_a_digit) {
    check_digits(0, 1, (const char *const[]){"pre"});
    check_digits(0, 1, (const char *const[]){"post"});
    ck_assert_uint_eq(world.n_perturbed, 0); /* no noise where nobody asks for credit */
    check_digits(0, 1, (const char *const[]){"credit"});
    ck_assert_uint_eq(world.n_perturbed, 1);
}

TEST(features_come_in_the_order_of_the_policy) {
    static const char *const orders[][3] = {{"post", "credit", "pre"}, {"credit", "pre", "post"}};
    for (size_t o = 0; o < COUNT_OF(orders); o++) {
        for (uint32_t k = 0; k < 3; k++) {
            check_digits(k, 3, orders[o]);
        }
    }
}

/* c <- c / 2 + now: 3, 3/2 - 1, 1/4 - 1. */
TEST(momentum_is_of_the_credit) {
    static const char *const names[] = {"credit"};
    struct rule rule;
    synrl_policy *policy = follows(0, 1, names);
    for (int i = 0; i < N; i++) {
        world.credit[0][i] = 3;
        world.credit[1][i] = world.credit[2][i] = -1;
    }
    start_component(&rule,
                    test_component(core, SYNRL_KIND_RULE, "static",
                                   GIVEN({"policy", POLICY(policy)}, {"epsilon", NUMBER(0)},
                                         {"sigma", NUMBER(0.25)}, {"momentum", NUMBER(0.5)})));
    play(&rule, 0, 3);
    ck_assert_int_eq(world.actions[0][4], 1);
    ck_assert_int_eq(world.actions[1][4], 1);
    ck_assert_int_eq(world.actions[2][4], -1);
    policy_release(policy);
    rule_clear(&rule);
}

/* Learning --------------------------------------------------------------------------------------- */

static void start_learning(struct rule *rule, const char *sweep, int n_rewards) {
    static const struct value features[] = {STRING("credit")};
    static const double credit[4][3] = {{1, 1, -1}, {-1, 0, 0}, {1, 1, -1}, {0, -1, 1}};
    static const int rewards[] = {1, -1, 1, 1, -1, 1, -1, 1};
    world.layout.n_synapses = 3;
    world.layout.n_tensors = 1;
    memcpy(world.rewards, rewards, sizeof rewards);
    for (int t = 0; t < N_STEPS_MAX; t++) {
        memcpy(world.credit[t], credit[t % 4], sizeof credit[0]);
    }
    start_component(rule,
                    test_component(core, SYNRL_KIND_RULE, "qlearning",
                                   GIVEN({"memory", INTEGER(0)}, {"n_rewards", INTEGER(n_rewards)},
                                         {"features", LIST(features)}, {"epsilon", NUMBER(0)},
                                         {"alpha_q", NUMBER(0.5)}, {"gamma", NUMBER(0.5)},
                                         {"sigma", NUMBER(0.25)}, {"sweep", STRING(sweep)})));
}

/* The state is the credit e of three synapses; all is 0 at first, and ties go to the first action:
 *   t  e        actions  reward
 *   0  + + -    - - -     +1
 *   1  - 0 0    - - -     -1      after learning from t = 0: Q(+,-) = 3/4, Q(-,-) = 1/2
 *   2  + + -    - - 0
 * From t = 1 the first synapse comes to e = +, where the best is 3/4: its target is -1 + 3/8, and
 * Q(-,-) = -5/8 + (1/2 + 5/8) / 2 = -1/16. The others share the cell (0,-) and part:
 *   synchronous: targets -5/8 and -1 + 1/4, in the mean -11/16; twice: -11/16 (1 - 1/4) = -33/64
 *   sequential:  -5/16, and then, as Q(-,-) is -1/16 by now, towards -1: -5/16 - 11/32 = -21/32 */
static void check_episode(const char *sweep, double shared) {
    static const int8_t third[] = {-1, -1, 0};
    struct rule rule;
    start_learning(&rule, sweep, 0);
    play(&rule, 0, 1);
    const double *q = rule_policy(&rule)->q; /* [credit][action] */
    for (int k = 0; k < 9; k++) {
        ck_assert_double_eq(q[k], 0.0); /* what the synapses come to see is still to be seen */
    }
    play(&rule, 1, 3);
    ck_assert_double_eq(q[2 * 3], 3.0 / 4);
    ck_assert_double_eq(q[0 * 3], -1.0 / 16);
    ck_assert_double_eq(q[1 * 3], shared);
    ck_assert_mem_eq(world.actions[2], third, 3);
    ck_assert_str_eq(policy_feature_name(rule_policy(&rule), 0), "credit");
    rule_clear(&rule);
}

TEST(a_table_learns_from_what_is_seen_next) {
    check_episode("synchronous", -33.0 / 64);
    check_episode("sequential", -21.0 / 32);
}

/* With the last reward in the state, what is learnt from t = 0 is of "none yet". */
TEST(a_table_of_rewards_and_features) {
    struct rule rule;
    start_learning(&rule, "synchronous", 1);
    play(&rule, 0, 2);
    const synrl_policy *policy = rule_policy(&rule);
    ck_assert_uint_eq(policy->n_actions, 0);
    ck_assert_uint_eq(policy->n_rewards, 1);
    ck_assert_double_eq(policy_state_q(policy, 1, 2)[0], 3.0 / 4);
    ck_assert_double_eq(policy_state_q(policy, 1, 0)[0], 1.0 / 2);
    for (int k = 0; k < 9; k++) {
        ck_assert_double_eq(policy_state_q(policy, 0, 0)[k], 0.0);
        ck_assert_double_eq(policy_state_q(policy, 2, 0)[k], 0.0);
    }
    rule_clear(&rule);
}

/* State ------------------------------------------------------------------------------------------ */

static void check_resumed(const char *sweep) {
    struct rule whole, second;
    size_t size;
    int8_t actions[N_STEPS_MAX][N];
    start_learning(&whole, sweep, 1);
    play(&whole, 0, 4);
    struct stateful state = rule_state(&whole);
    ck_assert_int_eq(state_measure(&state, &size), SYNRL_OK);
    char *saved = core_alloc(core, size, 1);
    ck_assert_int_eq(state_save(&state, saved, size), SYNRL_OK);
    play(&whole, 4, N_STEPS_MAX);
    memcpy(actions, world.actions, sizeof actions);
    start_learning(&second, sweep, 1);
    state = rule_state(&second);
    ck_assert_msg(state_load(&state, saved, size) == SYNRL_OK, "%s", core->message);
    play(&second, 4, N_STEPS_MAX);
    ck_assert_mem_eq(actions, world.actions, sizeof actions);
    ck_assert_uint_eq(policy_hash(rule_policy(&whole)), policy_hash(rule_policy(&second)));
    memset(saved + size - 2, 0xFF, 2); /* the cell of the last synapse: there are 9 */
    test_failure(core, SYNRL_INVALID, state_load(&state, saved, size),
                 "rule \"qlearning\": a saved state that does not exist in the table");
    core_free(core, saved);
    rule_clear(&whole);
    rule_clear(&second);
}

TEST(what_is_still_to_be_learnt_is_saved) {
    check_resumed("synchronous");
    check_resumed("sequential");
}

/* Refusals --------------------------------------------------------------------------------------- */

static void refuse(struct component *component, const char *message) {
    struct rule rule;
    ck_assert_msg(rule_create(&rule, core, component) == SYNRL_OK, "%s", core->message);
    component_release(component);
    test_failure(core, SYNRL_INVALID, rule_start(&rule, &world.env), message);
    rule_clear(&rule);
}

TEST(features_that_no_rule_sees_are_refused_by_name) {
    static const char *const ids[] = {"static", "qlearning"};
    for (size_t k = 0; k < COUNT_OF(ids); k++) {
        char message[200];
        synrl_policy *policy = follows(0, 2, (const char *const[]){"credit", "activity"});
        snprintf(message, sizeof message,
                 "rule \"%s\": the policy's feature \"activity\": must be one of credit|pre|post",
                 ids[k]);
        refuse(test_component(core, SYNRL_KIND_RULE, ids[k], GIVEN({"policy", POLICY(policy)})),
               message);
        policy_release(policy);
    }
}

TEST(features_that_contradict_are_refused) {
    static const struct value twice[] = {STRING("pre"), STRING("pre")};
    static const struct value many[] = {STRING("pre"), STRING("post"), STRING("credit")};
    synrl_policy *policy = follows(0, 1, (const char *const[]){"pre"});
    refuse(test_component(core, SYNRL_KIND_RULE, "qlearning",
                          GIVEN({"policy", POLICY(policy)}, {"features", STRING("pre")})),
           "rule \"qlearning\": features and a policy, which has its own: must be one of the two");
    refuse(test_component(core, SYNRL_KIND_RULE, "qlearning", GIVEN({"features", LIST(twice)})),
           "rule \"qlearning\": two features named \"pre\": must differ");
    refuse(test_component(core, SYNRL_KIND_RULE, "qlearning",
                          GIVEN({"memory", INTEGER(3)}, {"features", LIST(many)})),
           "rule \"qlearning\": a policy of 3 actions, 3 rewards and 3 features: must be at most 5 "
           "rewards, and 5 actions and features together");
    policy_release(policy);
}

/* What a rule reads depends on its parameters. */
TEST(rewards_suffice_without_features) {
    synrl_policy *seeing = follows(0, 1, (const char *const[]){"pre"}), *blind;
    ck_assert_int_eq(policy_create(core, 1, 1, 0, &blind), SYNRL_OK);
    const struct {
        const char *id;
        struct named_value value;
        uint32_t traits;
    } cases[] = {
        {"static", {"policy", POLICY(blind)}, 0},
        {"static", {"policy", POLICY(seeing)}, SYNRL_RULE_READS_MORE},
        {"qlearning", {"memory", INTEGER(1)}, 0},
        {"qlearning", {"features", STRING("credit")}, SYNRL_RULE_READS_MORE},
        {"qlearning", {"features", LIST_OF(0, NULL)}, 0},
        {"qlearning", {"policy", POLICY(blind)}, 0},
        {"qlearning", {"policy", POLICY(seeing)}, SYNRL_RULE_READS_MORE},
        {"three_factor", {"momentum", NUMBER(0.5)}, SYNRL_RULE_READS_MORE},
    };
    for (size_t k = 0; k < COUNT_OF(cases); k++) {
        struct component *component =
            test_component(core, SYNRL_KIND_RULE, cases[k].id, 1, &cases[k].value);
        ck_assert_uint_eq(rule_traits(component), cases[k].traits);
        component_release(component);
    }
    policy_release(seeing);
    policy_release(blind);
}
