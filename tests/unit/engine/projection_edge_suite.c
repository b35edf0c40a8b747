/* SPDX-License-Identifier: MIT */
/* Projections where integers are about to overflow: 70001 inputs of 255, for which |k| may be 120,
 * since 255 * 70001 * 120 = 2142030600 is just below 2^31 = 2147483648. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/engine.h"
#include "engine/projection.h"
#include "plugin/host.h"
#include "support/engine_ways.h"
#include "support/samples.h"
#include "support/support.h"
#include "support/test.h"

SUITE("projection_edge");

enum { WIDE = 70001, REACH_MAX = 120 };

static struct core *core;
static struct host host;
static synrl_batch *batch;
static synrl_projection *projection;
static int8_t *up, *down;
static float *zeros;

static bool start(int way, size_t n_threads) {
    static const float scale = 1.0F / 255.0F;
    enum { N_SAMPLES = 3 };
    const bool is_here = take_way(way);
    core = test_engine(n_threads, &host);
    uint8_t *white = test_allocate((size_t)N_SAMPLES * WIDE, 1);
    up = test_allocate(WIDE, 1);
    down = test_allocate(WIDE, 1);
    zeros = test_allocate(WIDE, sizeof *zeros);
    memset(white, 255, (size_t)N_SAMPLES * WIDE);
    memset(up, 1, WIDE);
    memset(down, -1, WIDE);
    ck_assert_int_eq(batch_create(&host.api, N_SAMPLES, WIDE, true, scale, &batch), SYNRL_OK);
    batch_fill(batch, white, NULL);
    free(white);
    ck_assert_int_eq(projection_create(&host.api, 1, WIDE, &projection), SYNRL_OK);
    ck_assert_int_eq(projection_bind(projection, batch), SYNRL_OK);
    return is_here;
}

static void end(void) {
    projection_destroy(projection);
    batch_destroy(batch);
    free(up);
    free(down);
    free(zeros);
    test_engine_end(core, &host);
}

static void act(const int8_t *actions, float alpha, float z[SYNRL_LANES]) {
    projection_act(projection, actions, alpha);
    projection_values(projection, 0, NULL, z);
}

/* z of weights that are all w, as a base has it: a float sum over the inputs. */
static float base_of(float w) {
    float sum = 0.0F;
    for (int i = 0; i < WIDE; i++) {
        sum += 255.0F * w;
    }
    return sum * (1.0F / 255.0F);
}

/* After the most steps without a rebase the integer sum starts again. */
static void go_past(int sign, float alpha) {
    const float unit = alpha * (1.0F / 255.0F);
    float z[SYNRL_LANES];
    projection_set(projection, zeros);
    for (int step = 1; step <= REACH_MAX + 10; step++) {
        const int before = step <= REACH_MAX ? 0 : REACH_MAX;
        const int64_t sum = (int64_t)255 * WIDE * (step - before) * sign;
        const float wanted = base_of(alpha * (float)(sign * before)) + unit * (float)sum;
        act(sign > 0 ? up : down, alpha, z);
        for (int lane = 0; lane < SYNRL_LANES; lane++) {
            ck_assert_msg(memcmp(&z[lane], &wanted, sizeof wanted) == 0, "step %d: %a, must be %a",
                          sign * step, (double)z[lane], (double)wanted);
        }
    }
}

TEST_EACH(sums_go_to_the_edge_and_not_past_it, N_WAYS) {
    if (start(_i, 1)) {
        go_past(1, 0x1p-20F);
        go_past(-1, 0x1p-20F);
    }
    end();
}

/* 59 acts of +1 and one of half the size give k = 119; after 60 acts the same one needs a rebase. z
 * = 70001 w, within what the float sum of the base rounds. */
static const struct halving {
    int n_acts;
    float factor;
    uint32_t reach;
} halvings[] = {{59, 0.5F, 119}, {60, 0.5F, 1}, {29, 0.25F, 117}, {30, 0.25F, 1}};

static void halve(const struct halving *halving) {
    const float alpha = 0x1p-10F;
    float z[SYNRL_LANES];
    projection_set(projection, zeros);
    for (int n = 0; n < halving->n_acts; n++) {
        act(up, alpha, z);
    }
    act(up, halving->factor * alpha, z);
    ck_assert_uint_eq(projection_lattice(projection)->reach, halving->reach);
    const double w = (double)alpha * (halving->n_acts + (double)halving->factor);
    ck_assert(fabs((double)z[0] / (WIDE * w) - 1.0) < 1e-3);
}

TEST_EACH(a_halving_at_the_edge_is_exact, N_WAYS) {
    if (start(_i, 2)) {
        for (size_t i = 0; i < COUNT_OF(halvings); i++) {
            halve(&halvings[i]);
        }
    }
    end();
}

/* Where one more act would need a rebase, an undo takes the last one back to the same bits. */
TEST_EACH(an_undo_at_the_edge_needs_no_rebase, N_WAYS) {
    float before[SYNRL_LANES], after[SYNRL_LANES];
    const bool is_here = start(_i, 1);
    for (int step = 1; is_here && step <= REACH_MAX + 2; step++) {
        projection_values(projection, 0, NULL, before);
        projection_act(projection, up, 1e-3F);
        if (step == REACH_MAX) { /* looked at, and taken back */
            projection_values(projection, 0, NULL, after);
            ck_assert(after[0] > before[0]);
            projection_undo(projection, down);
            projection_values(projection, 0, NULL, after);
            ck_assert_mem_eq(before, after, sizeof after);
        }
    }
    end();
}
