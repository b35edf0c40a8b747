/* SPDX-License-Identifier: MIT */
/* What ranks agree on, where the others are played by the test: to each sum they add what a list
 * says. */
#include "base/ranks.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/count.h"
#include "support/support.h"
#include "support/test.h"
#include "train/network_private.h"

enum { N_RANKS = 3 };

static struct core *core;
static size_t n_sums;
static const int64_t *given[4]; /* to each value of each sum, by the others; NULL: nothing */
static int64_t scratch[N_RANKS];

static synrl_status add_others(void *context, size_t n, int64_t *values) {
    ck_assert_ptr_null(context);
    ck_assert_uint_lt(n_sums, COUNT_OF(given));
    const int64_t *others = given[n_sums++];
    for (size_t i = 0; others != NULL && i < n; i++) {
        values[i] += others[i];
    }
    return SYNRL_OK;
}

/* This is rank 1 of three. */
static void join(void) {
    core = test_core();
    core->ranks = (struct ranks){.rank = 1, .n = N_RANKS, .sum = add_others, .scratch = scratch};
    n_sums = 0;
    memset(given, 0, sizeof given);
}

static void leave(void) {
    core->ranks = (struct ranks){.n = 1};
    core_destroy(core);
}

SUITE("ranks_agree", .setup = join, .teardown = leave);

TEST(alone_nothing_is_exchanged) {
    int64_t value = 7;
    ranks_alone(core, true);
    ck_assert_int_eq(ranks_sum(core, 1, &value), SYNRL_OK);
    ck_assert_int_eq(ranks_agree(core, SYNRL_IO), SYNRL_IO);
    ck_assert_int_eq(ranks_compare(core, 1, ""), SYNRL_OK);
    ranks_alone(core, false);
    ck_assert_int_eq(value, 7);
    ck_assert_uint_eq(n_sums, 0);
}

TEST(where_none_has_failed_one_sum_says_so) {
    ck_assert_int_eq(ranks_agree(core, SYNRL_OK), SYNRL_OK);
    ck_assert_uint_eq(n_sums, 1);
    ck_assert_uint_eq(core->ranks.n_bytes, 8);
}

TEST(the_failure_of_another_is_that_of_all) {
    static const int64_t one[] = {1}, statuses[N_RANKS] = {0, 0, SYNRL_IO};
    int64_t message[sizeof core->message / sizeof(int64_t)] = {0};
    memcpy(message, "no space left", 13);
    given[0] = one;
    given[1] = statuses;
    given[2] = message;
    test_failure(core, SYNRL_IO, ranks_agree(core, SYNRL_OK), "no space left");
}

/* Ranks 1 and 2 have failed: rank 1's message is the one. */
TEST(of_several_failures_the_first_is_told) {
    static const int64_t one[] = {1}, statuses[N_RANKS] = {0, 0, SYNRL_IO};
    given[0] = one;
    given[1] = statuses;
    core_fail(core, SYNRL_NO_MEMORY, "mine");
    test_failure(core, SYNRL_NO_MEMORY, ranks_agree(core, SYNRL_NO_MEMORY), "mine");
}

TEST(the_first_that_differs_from_rank_0_is_named) {
    static const int64_t others[N_RANKS] = {5, 0, 6}, other[N_RANKS] = {5, 0, 5};
    given[0] = others;
    given[1] = other;
    test_failure(core, SYNRL_INVALID, ranks_compare(core, 5, "its weights differ"),
                 "rank 2: its weights differ from rank 0's: 0000000000000006 and 0000000000000005");
    ck_assert_int_eq(ranks_compare(core, 5, ""), SYNRL_OK);
}

/* Sums that need more than 64 bits, of either sign, divided among three in every which way. */
TEST(tallies_of_ranks_are_added_exactly) {
    static const double parts[][N_RANKS] = {{0x1p89, 0x1p63, 1},
                                            {-1, 5, -7},
                                            {-0x1p70, 0x1p70, -0x1p48},
                                            {0, 0, 0},
                                            {0x1p48, -0x1p48, 3}};
    for (size_t p = 0; p < COUNT_OF(parts); p++) {
        int64_t others[4] = {0};
        struct tally own = {.sum = (int128)parts[p][1], .n_correct = 2, .is_finite = true};
        int128 wanted = own.sum;
        /* What the others give is what this function makes of theirs, alone. */
        for (size_t r = 0; r < N_RANKS; r += 2) {
            const int128 sum = (int128)parts[p][r];
            int128 high = sum / ((int128)1 << 48), low = sum % ((int128)1 << 48);
            high -= low < 0;
            low += low < 0 ? (int128)1 << 48 : 0;
            others[0] += (int64_t)low;
            others[1] += (int64_t)high;
            others[2] += 10;
            wanted += sum;
        }
        n_sums = 0;
        given[0] = others;
        ck_assert_int_eq(network_tally_ranks(core, SYNRL_OK, &own), SYNRL_OK);
        ck_assert(own.sum == wanted);
        ck_assert_uint_eq(own.n_correct, 22);
        ck_assert(own.is_finite);
    }
    ck_assert_uint_eq(core->ranks.n_bytes, 32 * COUNT_OF(parts));
}

TEST(a_loss_that_is_not_finite_is_so_on_all_ranks_and_one_that_stops_stops_all) {
    static const int64_t others[4] = {0, 0, 0, 2 + (INT64_C(1) << 40)};
    struct tally own = {.is_finite = true};
    given[0] = others;
    ck_assert_int_eq(network_tally_ranks(core, SYNRL_OK, &own), SYNRL_OK);
    ck_assert(!own.is_finite);
    ck_assert(core->ranks.has_stopped && core->ranks.has_asked);
}
