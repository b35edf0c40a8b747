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

static struct greedy_map random_map(unsigned n_actions, bool ties) {
    static const uint8_t tied[] = {3 + 3, 3 + 5, 3 + 6, 3 + 7};
    struct greedy_map map = {.n_histories = 1, .has_ties = ties};
    for (unsigned a = 0; a < n_actions; a++) {
        map.n_histories *= 3;
    }
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

static void check_step(const struct greedy_map *map, unsigned n_actions, size_t first, size_t n) {
    static uint8_t before[N], after[N];
    static int8_t actions[N];
    static uint16_t cells[N];
    static uint32_t words[N];
    uint64_t counts[SYNRL_HISTORIES_MAX * 3] = {0}, wanted[SYNRL_HISTORIES_MAX * 3] = {0};
    for (size_t i = 0; i < N; i++) {
        before[i] = after[i] = (uint8_t)((unsigned)rand() % map->n_histories);
        actions[i] = 99;
    }
    choose_range(map, stream, first, n, false, after, actions, counts, cells);
    random_api.words(stream, 0, N, words);
    for (size_t i = 0; i < N; i++) {
        if (i < first || i >= first + n) {
            CHECK_OFTEN(actions[i] == 99 && after[i] == before[i], "synapse %zu is outside", i);
            continue;
        }
        const unsigned action = wanted_action(map, before[i], words[i]);
        CHECK_OFTEN(actions[i] == (int)action - 1, "synapse %zu: %d, must be %d", i, actions[i],
                    (int)action - 1);
        for (unsigned back = 0; back < n_actions; back++) {
            const unsigned digit = back == 0 ? action : digit_of(before[i], back - 1);
            CHECK_OFTEN(digit_of(after[i], back) == digit, "synapse %zu: history %u", i, after[i]);
        }
        CHECK_OFTEN(after[i] < map->n_histories, "synapse %zu: history %u", i, after[i]);
        CHECK_OFTEN(cells[i] == before[i] * 3U + action, "synapse %zu: cell %u", i, cells[i]);
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
    for (unsigned n_actions = 0; n_actions <= SYNRL_MEMORY_MAX; n_actions++) {
        for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++) {
            struct greedy_map map = random_map(n_actions, ties);
            memcpy(map.explore_end, ends[e], sizeof map.explore_end);
            check_step(&map, n_actions, 0, N);
            for (int again = 0; again < 5; again++) {
                const size_t first = (size_t)rand() % N;
                check_step(&map, n_actions, first, (size_t)rand() % (N - first));
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

TEST(a_range_in_parts_is_the_range) {
    uint8_t whole[N] = {0}, parts[N] = {0};
    int8_t actions[N], others[N];
    struct greedy_map map = random_map(2, false);
    memcpy(map.explore_end, (uint64_t[]){1U << 28, 1U << 29, 1U << 30}, sizeof map.explore_end);
    choose_range(&map, stream, 0, N, false, whole, actions, NULL, NULL);
    for (size_t at = 0, size; at < N; at += size) {
        size = at + 77 < N ? 77 : N - at;
        choose_range(&map, stream, at, size, false, parts, others, NULL, NULL);
    }
    ck_assert_mem_eq(whole, parts, N);
    ck_assert_mem_eq(actions, others, N);
}

/* Packed or not, the same; and what is packed comes back. */
TEST(packed_histories_choose_alike) {
    enum { GROUPS = N / HISTORY_GROUP, WHOLE = GROUPS * HISTORY_GROUP };
    uint8_t plain[WHOLE], packed[WHOLE / 2], back[WHOLE];
    int8_t actions[WHOLE], others[WHOLE];
    uint16_t cells[WHOLE], other_cells[WHOLE];
    for (unsigned n_actions = 0; n_actions <= 2; n_actions++) {
        struct greedy_map map = random_map(n_actions, n_actions == 1);
        memcpy(map.explore_end, (uint64_t[]){1U << 28, 1U << 29, 1U << 30}, sizeof map.explore_end);
        for (size_t i = 0; i < WHOLE; i++) {
            plain[i] = (uint8_t)((unsigned)rand() % map.n_histories);
        }
        histories_pack(plain, GROUPS, packed);
        histories_unpack(packed, GROUPS, back);
        ck_assert_mem_eq(back, plain, WHOLE);
        for (size_t first = 0; first < WHOLE; first += 5 * HISTORY_GROUP) { /* the last not whole */
            const size_t n =
                WHOLE - 7 - first < 5 * HISTORY_GROUP ? WHOLE - 7 - first : 5 * HISTORY_GROUP;
            choose_range(&map, stream, first, n, false, plain, actions, NULL, cells);
            choose_range(&map, stream, first, n, true, packed, others, NULL, other_cells);
            ck_assert_mem_eq(others + first, actions + first, n);
            ck_assert_mem_eq(other_cells + first, cells + first, n * sizeof *cells);
        }
        histories_unpack(packed, GROUPS, back);
        ck_assert_mem_eq(back, plain, WHOLE);
    }
}

/* A variant that cannot be had is told, not replaced. */
TEST(an_unknown_variant_is_told) {
    setenv("SYNRL_ISA", "mmx", 1);
    ck_assert_ptr_null(engine_isa());
}
