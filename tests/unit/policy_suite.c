/* Policies and memories against plain loops over digits, for every state and every memory size. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "plugin/host.h"
#include "policy/policy.h"
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
    core_destroy(core);
}

SUITE("policy", .setup = setup, .teardown = teardown);

static uint32_t power_of_3(uint32_t n) {
    return n == 0 ? 1 : 3 * power_of_3(n - 1);
}

/* A table without ties, from a small generator of its own. */
static synrl_policy *scrambled_policy(uint32_t n_actions, uint32_t n_rewards) {
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, n_actions, n_rewards, &policy), SYNRL_OK);
    uint32_t x = 12345 + n_actions * 7 + n_rewards;
    for (uint32_t i = 0; i < policy->n_reward_histories * policy->n_action_histories * 3; i++) {
        x = x * 1664525U + 1013904223U;
        policy->q[i] = (double)(x >> 8) + i * 1e-3;
    }
    return policy;
}

/* Epsilon 0 leaves the greedy action of each state: put every history in front of every reward
 * history and look it up digit by digit. */
static void check_greedy(uint32_t n_actions, uint32_t n_rewards) {
    synrl_policy *policy = scrambled_policy(n_actions, n_rewards);
    const uint32_t n_histories = power_of_3(n_actions);
    synrl_memory *memory;
    ck_assert_int_eq(
        policy_api.memory_create(&host.public, n_actions, n_rewards, n_histories, &memory),
        SYNRL_OK);
    int8_t actions[SYNRL_HISTORIES_MAX];
    for (uint32_t rewards = 0; rewards < power_of_3(n_rewards); rewards++) {
        memory->rewards = rewards;
        for (uint32_t i = 0; i < n_histories; i++) {
            memory_set_history(memory, i, (uint8_t)i);
        }
        policy_api.choose(&host.public, policy, SYNRL_TIES_FIRST, 0.0, (synrl_stream){.seed = 1},
                          memory, actions, NULL);
        for (uint32_t i = 0; i < n_histories; i++) {
            const double *q = policy->q + (rewards * n_histories + i) * 3;
            int best = 0;
            for (int action = 1; action < 3; action++) {
                best = q[action] > q[best] ? action : best;
            }
            CHECK_OFTEN(actions[i] == best - 1, "history %u: %d, must be %d", i, actions[i],
                        best - 1);
            CHECK_OFTEN(memory_history(memory, i) == (i * 3 + (uint32_t)best) % n_histories,
                        "history %u becomes %u", i, memory_history(memory, i));
        }
    }
    policy_api.memory_destroy(&host.public, memory);
    policy_release(policy);
}

TEST(greedy_actions_of_every_state_and_memory) {
    for (uint32_t n_actions = 0; n_actions <= SYNRL_MEMORY_MAX; n_actions++) {
        for (uint32_t n_rewards = 0; n_rewards <= SYNRL_MEMORY_MAX; n_rewards++) {
            check_greedy(n_actions, n_rewards);
        }
    }
}

/* Explore-or-greedy word by word, with counts and cells, against a plain loop. */
static void check_choose(uint32_t n_actions, size_t n_synapses, double epsilon, bool count) {
    synrl_policy *policy = scrambled_policy(n_actions, 2);
    synrl_memory *memory;
    ck_assert_int_eq(policy_api.memory_create(&host.public, n_actions, 2, n_synapses, &memory),
                     SYNRL_OK);
    int8_t *actions = malloc(n_synapses);
    uint32_t *words = malloc(n_synapses * sizeof *words);
    uint8_t *before = malloc(n_synapses);
    uint16_t *cells = malloc(n_synapses * sizeof *cells);
    const uint32_t n_cells = power_of_3(n_actions + 1);
    uint64_t *counts = malloc(n_cells * sizeof *counts),
             *expected = malloc(n_cells * sizeof *counts);
    synrl_choices choices = {count ? counts : NULL, count ? cells : NULL};
    for (uint64_t t = 0; t < 7; t++) {
        const synrl_stream stream = {.seed = 99, .iteration = t, .purpose = SYNRL_PURPOSE_ACTIONS};
        random_api.words(stream, 0, n_synapses, words);
        for (size_t i = 0; i < n_synapses; i++) {
            before[i] = memory_history(memory, i);
        }
        policy_api.choose(&host.public, policy, SYNRL_TIES_FIRST, epsilon, stream, memory, actions,
                          &choices);
        memset(expected, 0, n_cells * sizeof *expected);
        for (size_t i = 0; i < n_synapses; i++) {
            const double u = words[i] / 4294967296.0;
            const double *q =
                policy->q + (memory->rewards * policy->n_action_histories + before[i]) * 3;
            int action = q[1] > q[0] ? 1 : 0;
            action = q[2] > q[action] ? 2 : action;
            if (u < epsilon) {
                action = u < epsilon / 3 ? 0 : u < epsilon * 2 / 3 ? 1 : 2;
            }
            const uint32_t cell = before[i] * 3U + (uint32_t)action;
            expected[cell]++;
            CHECK_OFTEN(actions[i] == action - 1, "synapse %zu: %d, must be %d", i, actions[i],
                        action - 1);
            CHECK_OFTEN(memory_history(memory, i) == cell % policy->n_action_histories,
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
    free(cells);
    free(counts);
    free(expected);
    policy_api.memory_destroy(&host.public, memory);
    policy_release(policy);
}

TEST(choices_equal_a_plain_loop) {
    static const size_t sizes[] = {1, 3, 15, 16, 17, 63, 64, 65, 401, 9000};
    for (uint32_t n_actions = 0; n_actions <= SYNRL_MEMORY_MAX; n_actions++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            check_choose(n_actions, sizes[i], 0.25, true);
            check_choose(n_actions, sizes[i], 1.0, false);
        }
    }
}

/* Q of one state; who is greedy under each way of breaking ties. */
TEST(ties_are_broken_as_told) {
    static const struct {
        double q[3];
        int first, null;
    } cases[] = {
        {{0, 0, 0}, 0, 1}, {{1, 1, 0}, 0, 1}, {{1, 0, 1}, 0, 0},
        {{0, 1, 1}, 1, 1}, {{0, 0, 1}, 2, 2}, {{-0.0, 0.0, -1}, 0, 1},
    };
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 0, 0, &policy), SYNRL_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t greedy[SYNRL_HISTORIES_MAX];
        memcpy(policy->q, cases[i].q, sizeof cases[i].q);
        policy_greedy(policy, SYNRL_TIES_FIRST, 0, greedy);
        ck_assert_int_eq(greedy[0], cases[i].first);
        policy_greedy(policy, SYNRL_TIES_NULL, 0, greedy);
        ck_assert_int_eq(greedy[0], cases[i].null);
    }
    policy_release(policy);
}

/* All actions tied, no exploration: each action a third of the time, within 5 standard deviations
 * (sqrt(30000 * 2/9) = 82). */
TEST(random_ties_are_even) {
    enum { N = 30000 };
    synrl_policy *policy;
    synrl_memory *memory;
    ck_assert_int_eq(policy_create(core, 1, 1, &policy), SYNRL_OK);
    ck_assert_int_eq(policy_api.memory_create(&host.public, 1, 1, N, &memory), SYNRL_OK);
    int8_t *actions = malloc(N);
    policy_api.choose(&host.public, policy, SYNRL_TIES_RANDOM, 0.0, (synrl_stream){.seed = 5},
                      memory, actions, NULL);
    int counts[3] = {0, 0, 0};
    for (int i = 0; i < N; i++) {
        counts[actions[i] + 1]++;
    }
    for (int action = 0; action < 3; action++) {
        ck_assert_int_lt(abs(counts[action] - N / 3), 410);
    }
    free(actions);
    policy_api.memory_destroy(&host.public, memory);
    policy_release(policy);
}

/* Memory 2: rewards start as none, none = 11 in base 3 = 4. +1: 12 = 5; then -1: 20 = 6. */
TEST(rewards_shift_into_the_state) {
    synrl_memory *memory;
    ck_assert_int_eq(policy_api.memory_create(&host.public, 2, 2, 3, &memory), SYNRL_OK);
    ck_assert_uint_eq(memory->rewards, 4);
    ck_assert_uint_eq(memory_history(memory, 2), 4);
    policy_api.observe(memory, 1);
    ck_assert_uint_eq(memory->rewards, 5);
    policy_api.observe(memory, -1);
    ck_assert_uint_eq(memory->rewards, 6);
    policy_api.memory_destroy(&host.public, memory);
}

TEST(saved_memories_come_back_and_damaged_ones_do_not) {
    synrl_memory *memory, *other;
    ck_assert_int_eq(policy_api.memory_create(&host.public, 2, 2, 50, &memory), SYNRL_OK);
    ck_assert_int_eq(policy_api.memory_create(&host.public, 2, 2, 50, &other), SYNRL_OK);
    memory->rewards = 7;
    memory_set_history(memory, 17, 5);
    memory_set_history(memory, 49, 8); /* of the same byte */
    const size_t size = policy_api.memory_state_size(memory);
    uint8_t *state = malloc(size);
    policy_api.memory_save(memory, state);
    ck_assert_int_eq(policy_api.memory_load(&host.public, other, state, size), SYNRL_OK);
    ck_assert_uint_eq(other->rewards, 7);
    for (size_t i = 0; i < 50; i++) {
        ck_assert_uint_eq(memory_history(other, i), i == 17 ? 5 : i == 49 ? 8 : 4);
    }
    state[size - 1] = 9; /* a history of two actions is below 9 */
    ck_assert_int_eq(policy_api.memory_load(&host.public, other, state, size), SYNRL_INVALID);
    ck_assert_int_eq(policy_api.memory_load(&host.public, other, state, size - 1), SYNRL_INVALID);
    ck_assert_uint_eq(memory_history(other, 49), 8);
    free(state);
    policy_api.memory_destroy(&host.public, memory);
    policy_api.memory_destroy(&host.public, other);
}

TEST(memories_out_of_range_are_refused) {
    synrl_policy *policy;
    ck_assert_int_eq(policy_create(core, 6, 2, &policy), SYNRL_INVALID);
    ck_assert_ptr_null(policy);
    ck_assert_str_eq(core->message, "a memory of 6 actions and 2 rewards: each must be 0 .. 5");
}
