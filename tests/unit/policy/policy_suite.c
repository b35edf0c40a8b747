/* SPDX-License-Identifier: MIT */
/* Policies and memories against plain loops over digits, for every state and every size of it. */
#include "policy/policy.h"
#include "policy/policy_api.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "plugin/host.h"
#include "policy/memory.h"
#include "support/pace.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;
static struct host host;

static void setup(void) {
    core = test_core();
    host_init(&host, core, SYNRL_KIND_RULE, "test");
}

static void teardown(void) {
    host_release(&host, 0);
    core_destroy(core);
}

SUITE("policy", .setup = setup, .teardown = teardown);

static uint32_t power_of_3(uint32_t n) {
    return n == 0 ? 1 : 3 * power_of_3(n - 1);
}

static synrl_policy *new_policy(uint32_t n_actions, uint32_t n_rewards, uint32_t n_features) {
    synrl_policy *policy;
    ck_assert_msg(policy_api.create(&host.api, n_actions, n_rewards, n_features, &policy) ==
                      SYNRL_OK,
                  "%s", core->message);
    return policy;
}

/* A table without ties, from a small generator of its own. */
static synrl_policy *scrambled_policy(uint32_t n_actions, uint32_t n_rewards, uint32_t n_features) {
    synrl_policy *policy = new_policy(n_actions, n_rewards, n_features);
    uint32_t x = 12345 + n_actions * 7 + n_rewards;
    for (uint32_t i = 0; i < power_of_3(n_rewards + n_features + n_actions) * 3; i++) {
        x = x * 1664525U + 1013904223U;
        policy->q[i] = (double)(x >> 8) + i * 1e-3;
    }
    return policy;
}

static synrl_memory *new_memory(const synrl_policy *policy, size_t n_synapses) {
    synrl_memory *memory;
    ck_assert_msg(policy_api.memory_create(&host.api, policy, n_synapses, &memory) == SYNRL_OK,
                  "%s", core->message);
    return memory;
}

static void choose(const synrl_policy *policy, synrl_memory *memory, synrl_choose options) {
    options.size = sizeof options;
    ck_assert_msg(policy_api.choose(&host.api, policy, memory, &options) == SYNRL_OK, "%s",
                  core->message);
}

/* Epsilon 0 leaves the greedy action of each state: put every situation in front of every reward
 * history and look it up digit by digit. */
static void check_greedy(uint32_t n_actions, uint32_t n_rewards, uint32_t n_features) {
    synrl_policy *policy = scrambled_policy(n_actions, n_rewards, n_features);
    const uint32_t n_histories = power_of_3(n_actions);
    const uint32_t n_situations = n_histories * power_of_3(n_features);
    ck_assert_uint_eq(policy->n_action_histories, n_histories);
    ck_assert_uint_eq(policy->n_reward_histories, power_of_3(n_rewards));
    ck_assert_uint_eq(policy->n_situations, n_situations);
    synrl_memory *memory = new_memory(policy, n_situations);
    int8_t actions[SYNRL_HISTORIES_MAX];
    uint8_t features[SYNRL_HISTORIES_MAX];
    for (uint32_t rewards = 0; rewards < power_of_3(n_rewards); rewards++) {
        memory->rewards = rewards;
        for (uint32_t i = 0; i < n_situations; i++) {
            memory_set_history(memory, i, (uint8_t)(i % n_histories));
            features[i] = (uint8_t)(i / n_histories);
        }
        choose(policy, memory,
               (synrl_choose){.stream = {.seed = 1},
                              .features = n_features > 0 ? features : NULL,
                              .actions = actions});
        for (uint32_t i = 0; i < n_situations; i++) {
            const double *q = policy->q + (rewards * n_situations + i) * 3;
            int best = 0;
            for (int action = 1; action < 3; action++) {
                best = q[action] > q[best] ? action : best;
            }
            CHECK_OFTEN(actions[i] == best - 1, "situation %u: %d, must be %d", i, actions[i],
                        best - 1);
            CHECK_OFTEN(memory_history(memory, i) == (i * 3 + (uint32_t)best) % n_histories,
                        "situation %u: history %u", i, memory_history(memory, i));
        }
    }
}

TEST(greedy_actions_of_every_state_and_size) {
    for (uint32_t n_actions = 0; n_actions <= SYNRL_MEMORY_MAX; n_actions++) {
        for (uint32_t n_features = 0; n_features <= SYNRL_MEMORY_MAX - n_actions; n_features++) {
            for (uint32_t n_rewards = 0; n_rewards <= SYNRL_MEMORY_MAX; n_rewards++) {
                check_greedy(n_actions, n_rewards, n_features);
            }
        }
    }
}

/* Explore-or-greedy word by word, with counts and cells, against a plain loop. */
static void check_choose(uint32_t n_actions, uint32_t n_features, size_t n_synapses, double epsilon,
                         bool count) {
    synrl_policy *policy = scrambled_policy(n_actions, 2, n_features);
    synrl_memory *memory = new_memory(policy, n_synapses);
    int8_t *actions = malloc(n_synapses);
    uint32_t *words = malloc(n_synapses * sizeof *words);
    uint8_t *before = malloc(n_synapses), *features = malloc(n_synapses);
    uint16_t *cells = malloc(n_synapses * sizeof *cells);
    const uint32_t n_histories = power_of_3(n_actions);
    const uint32_t n_situations = n_histories * power_of_3(n_features), n_cells = n_situations * 3;
    uint64_t *counts = malloc(n_cells * sizeof *counts),
             *expected = malloc(n_cells * sizeof *counts);
    for (uint64_t t = 0; t < 7; t++) {
        const synrl_stream stream = {.seed = 99, .iteration = t, .purpose = SYNRL_PURPOSE_ACTIONS};
        random_api.words(stream, 0, n_synapses, words);
        for (size_t i = 0; i < n_synapses; i++) {
            before[i] = memory_history(memory, i);
            features[i] = (uint8_t)((i * 7919 + t) % power_of_3(n_features));
        }
        choose(policy, memory,
               (synrl_choose){.epsilon = epsilon,
                              .stream = stream,
                              .features = n_features > 0 ? features : NULL,
                              .actions = actions,
                              .choices = {count ? counts : NULL, count ? cells : NULL}});
        memset(expected, 0, n_cells * sizeof *expected);
        for (size_t i = 0; i < n_synapses; i++) {
            const double u = words[i] / 4294967296.0;
            const uint32_t situation = features[i] * n_histories + before[i];
            const double *q = policy->q + (memory->rewards * n_situations + situation) * 3;
            int action = q[1] > q[0] ? 1 : 0;
            action = q[2] > q[action] ? 2 : action;
            if (u < epsilon) {
                action = u < epsilon / 3 ? 0 : u < epsilon * 2 / 3 ? 1 : 2;
            }
            const uint32_t cell = situation * 3U + (uint32_t)action;
            expected[cell]++;
            CHECK_OFTEN(actions[i] == action - 1, "synapse %zu: %d, must be %d", i, actions[i],
                        action - 1);
            CHECK_OFTEN(memory_history(memory, i) ==
                            (before[i] * 3U + (uint32_t)action) % n_histories,
                        "synapse %zu: history %u", i, memory_history(memory, i));
            CHECK_OFTEN(!count || cells[i] == cell, "synapse %zu: cell %u, must be %u", i, cells[i],
                        cell);
        }
        if (count) {
            ck_assert_mem_eq(counts, expected, n_cells * sizeof *counts);
        }
        policy_api.observe(memory, t % 3 == 0 ? 1 : -1);
    }
    free(actions);
    free(words);
    free(before);
    free(features);
    free(cells);
    free(counts);
    free(expected);
}

TEST(choices_equal_a_plain_loop) {
    static const size_t sizes[] = {1, 3, 15, 16, 17, 63, 64, 65, 401, 9000};
    for (uint32_t n_actions = 0; n_actions <= SYNRL_MEMORY_MAX; n_actions++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            check_choose(n_actions, 0, sizes[i], 0.25, true);
            check_choose(n_actions, 0, sizes[i], 1.0, false);
        }
    }
}

TEST(choices_with_features_equal_a_plain_loop) {
    static const size_t sizes[] = {1, 64, 65, 1025, 9000};
    for (uint32_t n_features = 1; n_features <= SYNRL_MEMORY_MAX; n_features++) {
        for (uint32_t n_actions = 0; n_actions <= SYNRL_MEMORY_MAX - n_features; n_actions++) {
            for (size_t i = 0; i < COUNT_OF(sizes); i++) {
                check_choose(n_actions, n_features, sizes[i], 0.25, true);
            }
        }
    }
}

/* Q of one state; who is greedy under each way of breaking ties. */
TEST(ties_are_broken_as_documented) {
    static const struct {
        double q[3];
        int first, null;
    } cases[] = {
        {{0, 0, 0}, 0, 1}, {{1, 1, 0}, 0, 1}, {{1, 0, 1}, 0, 0},
        {{0, 1, 1}, 1, 1}, {{0, 0, 1}, 2, 2}, {{-0.0, 0.0, -1}, 0, 1},
    };
    synrl_policy *policy = new_policy(0, 0, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t greedy[SYNRL_HISTORIES_MAX];
        memcpy(policy->q, cases[i].q, sizeof cases[i].q);
        policy_greedy(policy, SYNRL_TIES_FIRST, 0, greedy);
        ck_assert_int_eq(greedy[0], cases[i].first);
        policy_greedy(policy, SYNRL_TIES_NULL, 0, greedy);
        ck_assert_int_eq(greedy[0], cases[i].null);
    }
}

/* All actions tied, no exploration: each action a third of the time, within 5 standard deviations
 * (sqrt(30000 * 2/9) = 82); by the word's remainder. */
TEST_EACH(random_ties_are_even, 2) {
    enum { N = 30000 };
    synrl_policy *policy = new_policy(1, 1, _i == 0 ? 0 : 1);
    synrl_memory *memory = new_memory(policy, N);
    int8_t *actions = malloc(N);
    uint8_t *features = calloc(N, 1);
    uint32_t *words = malloc(N * sizeof *words);
    const synrl_stream stream = {.seed = 5};
    choose(policy, memory,
           (synrl_choose){.ties = SYNRL_TIES_RANDOM,
                          .stream = stream,
                          .features = _i == 0 ? NULL : features,
                          .actions = actions});
    random_api.words(stream, 0, N, words);
    int counts[3] = {0, 0, 0};
    for (int i = 0; i < N; i++) {
        counts[actions[i] + 1]++;
        CHECK_OFTEN(actions[i] == (int)(words[i] % 3) - 1, "synapse %d: %d", i, actions[i]);
    }
    for (int action = 0; action < 3; action++) {
        ck_assert_int_lt(abs(counts[action] - N / 3), 410);
    }
    free(actions);
    free(features);
    free(words);
}

/* Memory 2: rewards start as none, none = 11 in base 3 = 4. +1: 12 = 5; then -1: 20 = 6. */
TEST(rewards_shift_into_the_state) {
    synrl_memory *memory = new_memory(new_policy(2, 2, 0), 3);
    ck_assert_uint_eq(memory->size, sizeof *memory);
    ck_assert_uint_eq(memory->n_synapses, 3);
    ck_assert_uint_eq(memory->rewards, 4);
    ck_assert_uint_eq(memory_history(memory, 2), 4);
    policy_api.observe(memory, 1);
    ck_assert_uint_eq(memory->rewards, 5);
    policy_api.observe(memory, -1);
    ck_assert_uint_eq(memory->rewards, 6);
}

/* What a rule may get wrong, one thing each; nothing moves. */
static synrl_choose right;
static void no_size(void) {
    right.size = 0;
}
static void no_actions(void) {
    right.actions = NULL;
}
static void no_features(void) {
    right.features = NULL;
}
static void large_epsilon(void) {
    right.epsilon = 1.5;
}
static void nan_epsilon(void) {
    right.epsilon = (double)NAN;
}
static void odd_ties(void) {
    right.ties = (synrl_ties)3;
}
static void large_feature(void) {
    ((uint8_t *)right.features)[4] = 3;
}

static const struct {
    void (*spoil)(void);
    const char *message;
} mistakes[] = {
    {no_size, "choose: size is 0: must be sizeof(synrl_choose), "},
    {no_actions, "choose: actions is NULL: must have room for 5 synapses"},
    {no_features, "choose: features is NULL, and the policy has 1: must be given for 5 synapses"},
    {large_epsilon, "choose: epsilon is 1.5: must be 0 .. 1"},
    {nan_epsilon, "choose: epsilon is nan: must be 0 .. 1"},
    {odd_ties, "choose: ties is 3: must be 0 .. 2"},
    {large_feature, "choose: the features of synapse 4 are 3: must be below 3"},
};

TEST_EACH(mistakes_of_a_rule_are_named, COUNT_OF(mistakes)) {
    uint8_t features[5] = {0, 1, 2, 0, 1};
    int8_t actions[5] = {9, 9, 9, 9, 9};
    synrl_policy *policy = new_policy(1, 1, 1);
    synrl_memory *memory = new_memory(policy, 5);
    right = (synrl_choose){.size = sizeof right, .features = features, .actions = actions};
    mistakes[_i].spoil();
    test_failure(core, SYNRL_INVALID, policy_api.choose(&host.api, policy, memory, &right),
                 mistakes[_i].message);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(actions[i], 9);
        ck_assert_uint_eq(memory_history(memory, i), 1);
    }
}

TEST(policies_and_memories_must_fit) {
    int8_t actions[5];
    uint8_t features[5] = {0};
    const synrl_choose plain = {.size = sizeof plain, .actions = actions};
    const synrl_choose seeing = {.size = sizeof seeing, .features = features, .actions = actions};
    synrl_memory *memory = new_memory(new_policy(2, 1, 0), 5);
    test_failure(core, SYNRL_INVALID,
                 policy_api.choose(&host.api, new_policy(1, 1, 0), memory, &plain),
                 "choose: a policy of 1 actions and 1 rewards with a memory of 2 and 1: must be "
                 "equal");
    test_failure(core, SYNRL_INVALID,
                 policy_api.choose(&host.api, new_policy(2, 2, 0), memory, &plain),
                 "choose: a policy of 2 actions and 2 rewards with a memory of 2 and 1: must be "
                 "equal");
    test_failure(core, SYNRL_INVALID,
                 policy_api.choose(&host.api, new_policy(2, 1, 0), memory, &seeing),
                 "choose: features are given, and the policy has none: must be NULL");
    /* A memory does not know of features: it may be used with policies of any. */
    choose(new_policy(2, 1, 3), memory, seeing);
}

TEST(saved_memories_come_back_and_damaged_ones_do_not) {
    synrl_policy *policy = new_policy(2, 2, 0);
    synrl_memory *memory = new_memory(policy, 50), *other = new_memory(policy, 50);
    memory->rewards = 7;
    memory_set_history(memory, 17, 5);
    memory_set_history(memory, 49, 8); /* of the same byte */
    const size_t size = memory_state_size(memory);
    uint8_t *state = malloc(size);
    memory_save(memory, state);
    ck_assert_int_eq(memory_load(&host.api, other, state, size), SYNRL_OK);
    ck_assert_uint_eq(other->rewards, 7);
    for (size_t i = 0; i < 50; i++) {
        ck_assert_uint_eq(memory_history(other, i), i == 17 ? 5 : i == 49 ? 8 : 4);
    }
    state[size - 1] = 9; /* a history of two actions is below 9 */
    test_failure(core, SYNRL_INVALID, memory_load(&host.api, other, state, size),
                 "the saved history of synapse 49 is 9: must be below 9");
    test_failure(core, SYNRL_INVALID, memory_load(&host.api, other, state, size - 1),
                 "a saved memory of 73 bytes: must be 74");
    state[size - 1] = 8;
    state[8] = 9; /* the reward history follows the numbers of actions and rewards */
    test_failure(core, SYNRL_INVALID, memory_load(&host.api, other, state, size),
                 "a saved reward history of 9: must be below 9");
    ck_assert_uint_eq(memory_history(other, 49), 8);
    ck_assert_uint_eq(other->rewards, 7);
    memory_save(memory, state);
    test_failure(core, SYNRL_INVALID,
                 memory_load(&host.api, new_memory(new_policy(1, 2, 0), 50), state, size),
                 "a saved memory of 2 actions and 2 rewards of 50 synapses: must be 1, 2 and 50");
    free(state);
}

TEST(saved_tables_come_back_and_damaged_ones_do_not) {
    synrl_policy *policy = scrambled_policy(1, 1, 1), *other = new_policy(1, 1, 1);
    const size_t size = policy_state_size(policy),
                 n_bytes = policy_entries(policy) * sizeof(double);
    ck_assert_uint_eq(policy_entries(policy), 3 * 3 * 3 * 3);
    char *state = malloc(size);
    policy_save(policy, state);
    ck_assert_int_eq(policy_load(&host.api, other, state, size), SYNRL_OK);
    ck_assert_mem_eq(other->q, policy->q, n_bytes);
    test_failure(core, SYNRL_INVALID, policy_load(&host.api, other, state, size - 8),
                 "a saved policy of 656 bytes: must be 664");
    test_failure(core, SYNRL_INVALID, policy_load(&host.api, new_policy(0, 1, 2), state, size),
                 "a saved policy of 1 actions, 1 rewards and 1 features: must be 0, 1 and 2");
    const double infinite = (double)INFINITY;
    memcpy(state + size - sizeof infinite, &infinite, sizeof infinite);
    test_failure(core, SYNRL_INVALID, policy_load(&host.api, other, state, size),
                 "number 80 of a saved policy is inf: must be finite");
    ck_assert_mem_eq(other->q, policy->q, n_bytes);
    free(state);
}

TEST(copies_are_independent) {
    synrl_policy *given, *counted, *own;
    static const char *const names[] = {"credit", "activity"};
    ck_assert_int_eq(policy_create(core, 1, 0, 2, &given), SYNRL_OK);
    ck_assert_int_eq(policy_name_features(core, given, names), SYNRL_OK);
    given->q[80] = 0.5;
    ck_assert_int_eq(policy_copy(core, given, &counted), SYNRL_OK);
    ck_assert_int_eq(policy_api.copy(&host.api, given, &own), SYNRL_OK);
    given->q[80] = 0.25;
    policy_release(given);
    ck_assert_double_eq(counted->q[80], 0.5);
    ck_assert_double_eq(own->q[80], 0.5);
    ck_assert_str_eq(policy_feature_name(counted, 1), "activity");
    ck_assert_str_eq(policy_feature_name(own, 0), "credit");
    policy_release(counted);
}

TEST(sizes_out_of_range_are_refused) {
    static const struct {
        uint32_t n_actions, n_rewards, n_features;
        const char *message;
    } cases[] = {
        {6, 2, 0, "a policy of 6 actions, 2 rewards and 0 features: "},
        {0, 6, 0, "a policy of 0 actions, 6 rewards and 0 features: "},
        {3, 0, 3, "a policy of 3 actions, 0 rewards and 3 features: "},
        {1, 0, UINT32_MAX, "a policy of 1 actions, 0 rewards and 4294967295 features: "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        synrl_policy *policy;
        char expected[200];
        snprintf(expected, sizeof expected,
                 "%smust be at most 5 rewards, and 5 actions and features together",
                 cases[i].message);
        test_failure(core, SYNRL_INVALID,
                     policy_create(core, cases[i].n_actions, cases[i].n_rewards,
                                   cases[i].n_features, &policy),
                     expected);
        ck_assert_ptr_null(policy);
        test_failure(core, SYNRL_INVALID,
                     policy_api.create(&host.api, cases[i].n_actions, cases[i].n_rewards,
                                       cases[i].n_features, &policy),
                     expected);
        ck_assert_ptr_null(policy);
    }
}

TEST(features_are_named) {
    static const char *const good[] = {"credit", "x_2"};
    static const char *const bad[][2] = {{"Credit", "b"},
                                         {"", "b"},
                                         {"a", "a_t1"},
                                         {"r_t1", "b"},
                                         {"q_dec", "b"},
                                         {"a-b", "b"},
                                         {"a23456789012345678901234567890123", "b"}};
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 0, 0, 2, &policy), SYNRL_OK);
    ck_assert_str_eq(policy_feature_name(policy, 0), "feature1");
    ck_assert_str_eq(policy_feature_name(policy, 1), "feature2");
    const uint64_t hash = policy_hash(policy);
    ck_assert_int_eq(policy_name_features(core, policy, good), SYNRL_OK);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        test_failure(core, SYNRL_INVALID, policy_name_features(core, policy, bad[i]),
                     "must be [a-z][a-z0-9_]*, at most 31 characters, and not begin with r_, a_ or "
                     "q_");
    }
    test_failure(core, SYNRL_INVALID,
                 policy_name_features(core, policy, (const char *const[]){"x", "x"}),
                 "two features named \"x\": must differ");
    ck_assert_str_eq(policy_feature_name(policy, 0), "credit");
    ck_assert_str_eq(policy_feature_name(policy, 1), "x_2");
    ck_assert_uint_eq(policy_hash(policy), hash);
    policy_release(policy);
}

/* The same by the functions that plugins have. */
TEST(plugins_name_features) {
    synrl_policy *policy = new_policy(1, 0, 2);
    ck_assert_str_eq(policy_api.feature_name(policy, 1), "feature2");
    test_failure(core, SYNRL_INVALID,
                 policy_api.name_features(&host.api, policy, (const char *const[]){"b", "b"}),
                 "rule \"test\": two features named \"b\": must differ");
    ck_assert_str_eq(policy_api.feature_name(policy, 0), "feature1");
    ck_assert_int_eq(
        policy_api.name_features(&host.api, policy, (const char *const[]){"b", "credit"}),
        SYNRL_OK);
    ck_assert_str_eq(policy_api.feature_name(policy, 1), "credit");
    synrl_policy *copy;
    ck_assert_int_eq(policy_api.copy(&host.api, policy, &copy), SYNRL_OK);
    ck_assert_str_eq(policy_api.feature_name(copy, 0), "b");
}

static synrl_status make_all(struct core *scarce) {
    struct host scarce_host;
    host_init(&scarce_host, scarce, SYNRL_KIND_RULE, "test");
    synrl_policy *policy, *copy;
    synrl_memory *memory;
    synrl_status status = policy_api.create(&scarce_host.api, 1, 1, 1, &policy);
    if (status == SYNRL_OK) {
        status = policy_api.copy(&scarce_host.api, policy, &copy);
    }
    if (status == SYNRL_OK) {
        status = policy_api.memory_create(&scarce_host.api, policy, 100, &memory);
    }
    host_release(&scarce_host, 0);
    return status;
}

TEST(memory_that_runs_out_leaves_nothing) {
    test_short_memory(make_all);
}
