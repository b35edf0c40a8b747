/* SPDX-License-Identifier: MIT */
/* The policy step against the words of policy.h, synapse by synapse, for every variant. */
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "support/pace.h"
#include "support/test.h"

SUITE("choose");

enum { N = 3000 };

static const char *const variants[] = {"scalar", "avx2", "avx512"};
static const synrl_stream stream = {.seed = 5, .iteration = 9, .purpose = SYNRL_PURPOSE_ACTIONS};

/* Each test is a process of its own, so it may force a variant; false where there is none. */
static bool force(int variant) {
    setenv("SYNRL_ISA", variants[variant], 1);
    return engine_isa() != NULL && strcmp(engine_isa(), variants[variant]) == 0;
}

static uint32_t power_of_3(unsigned exponent) {
    return exponent == 0 ? 1 : 3 * power_of_3(exponent - 1);
}

/* Of histories, or situations, of so many digits. */
static struct greedy_map random_map(unsigned n_digits, bool ties) {
    static const uint8_t tied[] = {3 + 3, 3 + 5, 3 + 6, 3 + 7};
    struct greedy_map map = {.n_histories = power_of_3(n_digits), .has_ties = ties};
    for (uint32_t h = 0; h < map.n_histories; h++) {
        const int plain = rand() % 3;
        map.action[h] = (uint8_t)(ties && rand() % 2 == 0 ? tied[rand() % 4] : plain);
    }
    return map;
}

/* A history as its actions, the most recent first. */
static unsigned digit_of(uint8_t history, unsigned back) {
    unsigned value = history;
    for (; back > 0; back--) {
        value /= 3;
    }
    return value % 3;
}

static unsigned wanted_action(const struct greedy_map *map, uint8_t history, uint32_t word) {
    for (unsigned a = 0; a < 3; a++) {
        if (word < map->explore_end[a]) {
            return a;
        }
    }
    const unsigned code = map->action[history];
    if (code <= 2) {
        return code;
    }
    unsigned tied[3], n = 0;
    for (unsigned a = 0; a < 3; a++) {
        if (((code - 3) >> a & 1U) != 0) {
            tied[n++] = a;
        }
    }
    return tied[word % n];
}

/* With n_features, the map is of situations: features * 3^n_actions + history. */
static void check_step(const struct greedy_map *map, unsigned n_actions, unsigned n_features,
                       size_t first, size_t n) {
    static uint8_t before[N], after[N], features[N];
    static int8_t actions[N];
    static uint16_t cells[N];
    static uint32_t words[N];
    uint64_t counts[SYNRL_HISTORIES_MAX * 3] = {0}, wanted[SYNRL_HISTORIES_MAX * 3] = {0};
    const uint32_t n_histories = power_of_3(n_actions);
    for (size_t i = 0; i < N; i++) {
        before[i] = after[i] = (uint8_t)((unsigned)rand() % n_histories);
        features[i] = (uint8_t)((unsigned)rand() % power_of_3(n_features));
        actions[i] = 99;
    }
    const struct policy_step step = {.map = *map,
                                     .stream = stream,
                                     .histories = after,
                                     .n_histories = n_histories,
                                     .features = n_features > 0 ? features : NULL,
                                     .actions = actions,
                                     .cells = cells};
    choose_range(&step, first, n, counts);
    random_api.words(stream, 0, N, words);
    for (size_t i = 0; i < N; i++) {
        if (i < first || i >= first + n) {
            CHECK_OFTEN(actions[i] == 99 && after[i] == before[i], "synapse %zu is outside", i);
            continue;
        }
        const unsigned situation = features[i] * n_histories + before[i];
        const unsigned action = wanted_action(map, (uint8_t)situation, words[i]);
        CHECK_OFTEN(actions[i] == (int)action - 1, "synapse %zu: %d, must be %d", i, actions[i],
                    (int)action - 1);
        for (unsigned back = 0; back < n_actions; back++) {
            const unsigned digit = back == 0 ? action : digit_of(before[i], back - 1);
            CHECK_OFTEN(digit_of(after[i], back) == digit, "synapse %zu: history %u", i, after[i]);
        }
        CHECK_OFTEN(after[i] < n_histories, "synapse %zu: history %u", i, after[i]);
        CHECK_OFTEN(cells[i] == situation * 3 + action, "synapse %zu: cell %u", i, cells[i]);
        wanted[cells[i]]++;
    }
    ck_assert_mem_eq(counts, wanted, sizeof wanted);
}

static void check_all(bool ties) {
    const uint64_t one = (uint64_t)1 << 32;
    const uint64_t ends[][3] = {{0, 0, 0},
                                {one / 3, one / 3 * 2, one},
                                {one / 30, one / 15, one / 10},
                                {0, one / 2, one / 2},
                                {one, one, one},
                                {1, 2, 3}};
    srand(3);
    for (unsigned n_digits = 0; n_digits <= SYNRL_MEMORY_MAX; n_digits++) {
        for (size_t e = 0; e < COUNT_OF(ends); e++) {
            struct greedy_map map = random_map(n_digits, ties);
            memcpy(map.explore_end, ends[e], sizeof map.explore_end);
            for (unsigned n_features = 0; n_features <= n_digits; n_features++) {
                const unsigned n_actions = n_digits - n_features;
                check_step(&map, n_actions, n_features, 0, N);
                for (int again = 0; again < 5; again++) {
                    const size_t first = (size_t)rand() % N;
                    check_step(&map, n_actions, n_features, first, (size_t)rand() % (N - first));
                }
            }
        }
    }
}

TEST_EACH(actions_follow_map_and_words, 3) {
    if (force(_i)) {
        check_all(false);
    }
}

TEST_EACH(ties_are_drawn_from_the_word, 3) {
    if (force(_i)) {
        check_all(true);
    }
}

static struct policy_step plain_step(const struct greedy_map *map, uint8_t *histories,
                                     int8_t *actions) {
    return (struct policy_step){.map = *map,
                                .stream = stream,
                                .histories = histories,
                                .n_histories = map->n_histories,
                                .actions = actions};
}

TEST(a_range_in_parts_is_the_range) {
    uint8_t whole[N] = {0}, parts[N] = {0};
    int8_t actions[N], others[N];
    struct greedy_map map = random_map(2, false);
    memcpy(map.explore_end, (uint64_t[]){1U << 28, 1U << 29, 1U << 30}, sizeof map.explore_end);
    const struct policy_step one = plain_step(&map, whole, actions);
    const struct policy_step other = plain_step(&map, parts, others);
    choose_range(&one, 0, N, NULL);
    for (size_t at = 0, size; at < N; at += size) {
        size = at + 77 < N ? 77 : N - at;
        choose_range(&other, at, size, NULL);
    }
    ck_assert_mem_eq(whole, parts, N);
    ck_assert_mem_eq(actions, others, N);
}

/* Packed or not, with features or without, the same; and what is packed comes back. */
TEST(packed_histories_choose_alike) {
    enum { GROUPS = N / HISTORY_GROUP, WHOLE = GROUPS * HISTORY_GROUP };
    uint8_t plain[WHOLE], packed[WHOLE / 2], back[WHOLE], features[WHOLE];
    int8_t actions[WHOLE], others[WHOLE];
    uint16_t cells[WHOLE], other_cells[WHOLE];
    for (unsigned round = 0; round < 6; round++) {
        const unsigned n_actions = round / 2, n_features = round % 2 * 2;
        struct greedy_map map = random_map(n_actions + n_features, n_actions == 1);
        memcpy(map.explore_end, (uint64_t[]){1U << 28, 1U << 29, 1U << 30}, sizeof map.explore_end);
        for (size_t i = 0; i < WHOLE; i++) {
            plain[i] = (uint8_t)((unsigned)rand() % power_of_3(n_actions));
            features[i] = (uint8_t)((unsigned)rand() % power_of_3(n_features));
        }
        histories_pack(plain, GROUPS, packed);
        histories_unpack(packed, GROUPS, back);
        ck_assert_mem_eq(back, plain, WHOLE);
        struct policy_step one = plain_step(&map, plain, actions);
        one.n_histories = power_of_3(n_actions);
        one.features = n_features > 0 ? features : NULL;
        one.cells = cells;
        struct policy_step other = one;
        other.is_packed = true;
        other.histories = packed;
        other.actions = others;
        other.cells = other_cells;
        for (size_t first = 0; first < WHOLE; first += 5 * HISTORY_GROUP) { /* the last not whole */
            const size_t n =
                WHOLE - 7 - first < 5 * HISTORY_GROUP ? WHOLE - 7 - first : 5 * HISTORY_GROUP;
            choose_range(&one, first, n, NULL);
            choose_range(&other, first, n, NULL);
            ck_assert_mem_eq(others + first, actions + first, n);
            ck_assert_mem_eq(other_cells + first, cells + first, n * sizeof *cells);
        }
        histories_unpack(packed, GROUPS, back);
        ck_assert_mem_eq(back, plain, WHOLE);
    }
}

/* A variant that cannot be had is reported, not replaced. */
TEST(an_unknown_variant_is_reported) {
    setenv("SYNRL_ISA", "mmx", 1);
    ck_assert_ptr_null(engine_isa());
}
