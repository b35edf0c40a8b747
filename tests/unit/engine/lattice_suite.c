/* SPDX-License-Identifier: MIT */
/* Weights on a lattice against the formula of synrl/engine.h: (float)((double)w0 + (double)alpha *
 * k), and when w0 takes the place of that. */
#include "engine/lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/host.h"
#include "support/pace.h"
#include "support/support.h"
#include "support/test.h"

enum { N = 70 };

static struct core *core;
static struct host host;
static synrl_lattice *lattice;

static void setup(void) {
    core = test_engine(3, &host);
    ck_assert_int_eq(lattice_create(&host.api, N, &lattice), SYNRL_OK);
}

static void teardown(void) {
    lattice_destroy(lattice);
    test_engine_end(core, &host);
}

SUITE("lattice", .setup = setup, .teardown = teardown);

static bool same(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* What the lattice must hold, kept by the contract's words. */
struct expected {
    float w0[N];
    int k[N];
    float alpha;
    long reach; /* |k| is at most this */
};

static float expected_value(const struct expected *expected, size_t i) {
    return (float)((double)expected->w0[i] + (double)expected->alpha * expected->k[i]);
}

static void expected_rebase(struct expected *expected) {
    for (size_t i = 0; i < N; i++) {
        expected->w0[i] = expected_value(expected, i);
        expected->k[i] = 0;
    }
    expected->reach = 0;
}

/* Where alpha is halved, k is doubled, as long as it stays below the limit. */
static void expected_approach(struct expected *expected, float alpha) {
    const long factor = test_power_of_two(expected->alpha, alpha);
    if (expected->reach > 0 && (factor == 0 || factor * expected->reach >= COUNTER_ACTS_MAX)) {
        expected_rebase(expected);
    }
    for (size_t i = 0; i < N; i++) {
        expected->k[i] *= (int)(expected->reach > 0 ? factor : 0);
    }
    expected->reach *= factor;
    expected->alpha = alpha;
}

static void both_act(struct expected *expected, const int8_t *actions, float alpha) {
    expected_approach(expected, alpha);
    expected->reach++;
    for (size_t i = 0; i < N; i++) {
        expected->k[i] += actions[i];
    }
    lattice_act(lattice, actions, alpha);
}

static void both_undo(struct expected *expected, const int8_t *actions) {
    int8_t negated[N];
    expected->reach++;
    for (size_t i = 0; i < N; i++) {
        negated[i] = (int8_t)-actions[i];
        expected->k[i] -= actions[i];
    }
    lattice_undo(lattice, negated);
}

static void check_values(const struct expected *expected) {
    for (size_t i = 0; i < N; i++) {
        CHECK_OFTEN(same(lattice_values(lattice)[i], expected_value(expected, i)),
                    "weight %zu is %a, must be %a", i, (double)lattice_values(lattice)[i],
                    (double)expected_value(expected, i));
    }
}

static void both_set(struct expected *expected) {
    *expected = (struct expected){.reach = 0};
    for (size_t i = 0; i < N; i++) {
        expected->w0[i] = (float)(rand() % 2000 - 1000) * 1e-3F;
    }
    lattice_set(lattice, expected->w0);
}

static void draw_actions(int8_t *actions) {
    for (size_t i = 0; i < N; i++) {
        actions[i] = (int8_t)(rand() % 3 - 1);
    }
}

TEST(weights_start_at_0) {
    for (size_t i = 0; i < N; i++) {
        ck_assert(same(lattice_values(lattice)[i], 0.0F));
    }
}

/* Everything that can happen to it, in a random order. */
TEST(values_follow_the_formula) {
    struct expected expected;
    int8_t actions[N];
    srand(1);
    both_set(&expected);
    for (int step = 0; step < 5000; step++) {
        const int event = rand() % 50;
        if (event == 0) {
            lattice_rebase(lattice);
            expected_rebase(&expected);
        } else if (event == 1) {
            both_set(&expected);
        } else if (event == 2) {
            float delta[N];
            expected_rebase(&expected);
            for (size_t i = 0; i < N; i++) {
                delta[i] = (float)(rand() % 1000) * 1e-5F;
                expected.w0[i] += delta[i];
            }
            lattice_shift(lattice, delta);
        } else {
            draw_actions(actions);
            both_act(&expected, actions, event < 7 ? 3e-3F / (float)event : 1e-4F);
            if (event < 20) {
                check_values(&expected);
                both_undo(&expected, actions);
            }
        }
        check_values(&expected);
    }
}

/* One way as far as a counter goes, and past it: 8190 steps, a rebase, and on. */
TEST(rebases_before_a_counter_overflows) {
    struct expected expected;
    int8_t actions[N];
    both_set(&expected);
    for (size_t i = 0; i < N; i++) {
        actions[i] = i % 2 == 0 ? 1 : -1;
    }
    for (int step = 0; step < 2 * COUNTER_ACTS_MAX + 5; step++) {
        both_act(&expected, actions, 1e-4F);
        check_values(&expected);
    }
    ck_assert_int_eq(expected.reach, 5);
    ck_assert(fabsf(lattice_values(lattice)[0] - 1.6385F) < 1.01F);
}

/* The undo of the last act before a rebase is the one act too many, and can be saved. */
TEST(an_undo_at_the_edge_needs_no_rebase) {
    struct expected expected;
    int8_t actions[N];
    float before[N];
    both_set(&expected);
    memset(actions, 1, sizeof actions);
    for (int step = 1; step < COUNTER_ACTS_MAX; step++) {
        both_act(&expected, actions, 1e-4F);
    }
    memcpy(before, lattice_values(lattice), sizeof before);
    both_act(&expected, actions, 1e-4F);
    ck_assert_int_eq(expected.k[0], COUNTER_ACTS_MAX);
    check_values(&expected);
    both_undo(&expected, actions);
    ck_assert_uint_eq(lattice->reach, COUNTER_ACTS_MAX + 1);
    ck_assert_mem_eq(before, lattice_values(lattice), sizeof before);
    void *state = malloc(lattice_state_size(lattice));
    ck_assert_ptr_nonnull(state);
    lattice_save(lattice, state);
    ck_assert_int_eq(lattice_load(lattice, state, lattice_state_size(lattice)), SYNRL_OK);
    free(state);
    for (int step = 0; step < 3; step++) {
        both_act(&expected, actions, 1e-4F);
        check_values(&expected);
    }
    ck_assert_int_eq(expected.reach, 3);
}

/* 8 acts at alpha, then each at half the one before: |k| is at most 8, 17, 35, ..., 4607, which
 * leaves no room for another doubling. Until then w0 stays. */
TEST(halvings_need_no_rebase) {
    struct expected expected;
    int8_t actions[N];
    float alpha = 0.1F, w0[N];
    both_set(&expected);
    memcpy(w0, lattice->w0, sizeof w0);
    for (int step = 0; step < 16; step++) {
        draw_actions(actions);
        alpha *= step < 8 ? 1.0F : 0.5F;
        both_act(&expected, actions, alpha);
        check_values(&expected);
        ck_assert_mem_eq(w0, lattice->w0, sizeof w0);
    }
    ck_assert_uint_eq(lattice->reach, 8 * 256 + 255);
    both_act(&expected, actions, alpha / 2);
    ck_assert_uint_eq(lattice->reach, 4607);
    ck_assert_mem_eq(w0, lattice->w0, sizeof w0);
    both_act(&expected, actions, alpha / 4);
    ck_assert_uint_eq(lattice->reach, 1);
    check_values(&expected);
}

/* Also by several powers of two at once, and where alpha is subnormal; not up again, nor by what is
 * nearly a half. */
TEST(only_exact_halvings_keep_the_lattice) {
    static const struct {
        float alpha;
        uint32_t reach;
    } acts[] = {{0.1F, 1},    {0.0125F, 9},       {0.0125F, 10},  {0.00625F, 21},
                {0.0125F, 1}, {0x1p-120F, 1},     {0x1p-140F, 1}, {0x1p-149F, 513},
                {0.1F, 1},    {0x1.99999cp-5F, 1}};
    struct expected expected;
    int8_t actions[N];
    both_set(&expected);
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        draw_actions(actions);
        both_act(&expected, actions, acts[i].alpha);
        ck_assert_uint_eq(lattice->reach, acts[i].reach);
        check_values(&expected);
    }
}

/* Saved in the middle of a lattice's life: the copy goes on bit for bit. */
TEST(a_saved_lattice_continues_the_same) {
    struct expected expected;
    int8_t actions[N];
    both_set(&expected);
    for (int step = 0; step < 100; step++) {
        draw_actions(actions);
        both_act(&expected, actions, 1e-4F);
    }
    void *state = malloc(lattice_state_size(lattice));
    ck_assert_ptr_nonnull(state);
    lattice_save(lattice, state);
    synrl_lattice *copy;
    ck_assert_int_eq(lattice_create(&host.api, N, &copy), SYNRL_OK);
    ck_assert_int_eq(lattice_load(copy, state, lattice_state_size(copy)), SYNRL_OK);
    for (int step = 0; step < 9000; step++) {
        ck_assert_mem_eq(lattice_values(copy), lattice_values(lattice), N * sizeof(float));
        draw_actions(actions);
        const float alpha = step % 3000 < 20 ? 1e-4F : step < 8500 ? 5e-5F : 2e-4F;
        lattice_act(lattice, actions, alpha);
        lattice_act(copy, actions, alpha);
    }
    lattice_destroy(copy);
    free(state);
}

static void check_refused(const void *state, size_t size) {
    float before[N];
    memcpy(before, lattice_values(lattice), sizeof before);
    ck_assert_int_eq(lattice_load(lattice, state, size), SYNRL_INVALID);
    ck_assert_ptr_nonnull(strstr(core->message, "saved weights"));
    ck_assert_mem_eq(before, lattice_values(lattice), sizeof before);
}

/* The state: n (8 bytes), alpha, acts, then the weights, then the counters. */
TEST(damaged_states_are_refused) {
    struct expected expected;
    int8_t actions[N] = {1};
    both_set(&expected);
    both_act(&expected, actions, 1e-4F);
    const size_t size = lattice_state_size(lattice);
    uint8_t *state = malloc(size + 1), *damaged = malloc(size + 1);
    ck_assert(state != NULL && damaged != NULL);
    lattice_save(lattice, state);
    check_refused(state, size - 1);
    check_refused(state, size + 1);
    check_refused(state, 0);
    static const struct {
        size_t offset;
        uint8_t bytes[4];
    } damages[] = {
        {0, {N + 1, 0, 0, 0}},            /* another n */
        {8, {0, 0, 0xc0, 0x7f}},          /* alpha not a number */
        {8, {0, 0, 0x80, 0xbf}},          /* alpha -1 */
        {12, {0x00, 0x20, 0, 0}},         /* 8192 acts */
        {16, {0, 0, 0x80, 0x7f}},         /* an infinite weight */
        {16 + 4 * N, {0x03, 0, 1, 0}},    /* a last action of +2 */
        {16 + 4 * N, {0x09, 0, 1, 0}},    /* k = 2 after one act */
        {16 + 4 * N, {0x00, 0x80, 1, 0}}, /* k = -8192 after one act */
    };
    for (size_t d = 0; d < COUNT_OF(damages); d++) {
        memcpy(damaged, state, size);
        memcpy(damaged + damages[d].offset, damages[d].bytes, 4);
        check_refused(damaged, size);
    }
    memcpy(damaged, state, size);
    memcpy(damaged + 12, (uint8_t[]){0xff, 0x1f, 0, 0}, 4);   /* 8191 acts, as after an undo, ... */
    memcpy(damaged + 16 + 4 * N, (uint8_t[]){0xfe, 0x7f}, 2); /* ... but k = 8191 too */
    check_refused(damaged, size);
    ck_assert_int_eq(lattice_load(lattice, state, size), SYNRL_OK);
    check_values(&expected);
    free(state);
    free(damaged);
}

/* Large enough for the workers to share the work. */
TEST(sharing_changes_nothing) {
    enum { LARGE = 20011 };
    static float weights[LARGE];
    static int8_t actions[LARGE];
    synrl_lattice *large;
    ck_assert_int_eq(lattice_create(&host.api, LARGE, &large), SYNRL_OK);
    for (size_t i = 0; i < LARGE; i++) {
        weights[i] = (float)i * 1e-4F;
        actions[i] = (int8_t)(i % 3) - 1;
    }
    lattice_set(large, weights);
    for (int step = 0; step < 3; step++) {
        lattice_act(large, actions, 1e-3F);
    }
    for (size_t i = 0; i < LARGE; i++) {
        const float wanted = (float)((double)weights[i] + (double)1e-3F * 3 * actions[i]);
        CHECK_OFTEN(same(lattice_values(large)[i], wanted), "weight %zu is %a, must be %a", i,
                    (double)lattice_values(large)[i], (double)wanted);
    }
    lattice_destroy(large);
}

static synrl_status make_lattice(struct core *used) {
    struct host own;
    synrl_lattice *made;
    host_init(&own, used, SYNRL_KIND_MODEL, "test");
    const synrl_status status = lattice_create(&own.api, N, &made);
    lattice_destroy(made);
    host_release(&own, 1);
    return status;
}

TEST(memory_may_run_out) {
    test_short_memory(make_lattice);
}
