/* SPDX-License-Identifier: MIT */
/* Projections and batches against plain loops that follow the words of synrl/engine.h, for every
 * variant and path: exact equality, whatever happens to the weights in between. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/engine.h"
#include "engine/projection.h"
#include "plugin/host.h"
#include "support/engine_ways.h"
#include "support/sanitizer.h"
#include "support/support.h"
#include "support/test.h"

SUITE("projection");

static struct core *core;
static struct host host;

static bool start(int way, size_t n_threads) {
    const bool is_here = take_way(way);
    core = test_engine(n_threads, &host);
    return is_here;
}

static void end(void) {
    test_engine_end(core, &host);
}

static void *allocate(size_t n, size_t size) {
    void *memory = calloc(n, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* Inputs, and the batch made of them ----------------------------------------------------------- */

struct inputs {
    size_t n_samples, n_inputs;
    bool is_bytes;
    float scale;
    uint8_t *bytes; /* [n_samples][n_inputs], or floats */
    float *floats;
    float *lanes; /* the same as [block][n_inputs][SYNRL_LANES], the last sample again where there
                     is none */
    synrl_batch *batch;
};

static uint8_t random_byte(void) {
    const int kind = rand() % 4;
    return (uint8_t)(kind == 0 ? 0 : kind == 1 ? 255 : rand());
}

/* Every other time by way of row numbers. */
static void fill_batch(struct inputs *inputs) {
    const size_t n = inputs->n_samples, size = inputs->is_bytes ? 1 : sizeof(float);
    const char *from = inputs->is_bytes ? (char *)inputs->bytes : (char *)inputs->floats;
    if (n % 2 == 0) {
        batch_fill(inputs->batch, from, NULL);
        return;
    }
    const size_t row = inputs->n_inputs * size;
    char *shuffled = allocate(n, row);
    uint32_t *rows = allocate(n, sizeof *rows);
    for (size_t s = 0; s < n; s++) {
        rows[s] = (uint32_t)(n - 1 - s);
        memcpy(shuffled + rows[s] * row, from + s * row, row);
    }
    batch_fill(inputs->batch, shuffled, rows);
    free(shuffled);
    free(rows);
}

static void fill_lanes(struct inputs *inputs) {
    const size_t n = inputs->n_inputs, n_blocks = (inputs->n_samples - 1) / SYNRL_LANES + 1;
    float *to = inputs->lanes = allocate(n_blocks * n, SYNRL_LANES * sizeof(float));
    for (size_t block = 0; block < n_blocks; block++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
                const size_t s = block * SYNRL_LANES + lane, last = inputs->n_samples - 1;
                const size_t at = (s < last ? s : last) * n + i;
                *to++ = inputs->is_bytes ? (float)inputs->bytes[at] : inputs->floats[at];
            }
        }
    }
}

static void inputs_make(struct inputs *inputs, size_t n_samples, size_t n_inputs, bool is_bytes) {
    const size_t n = n_samples * n_inputs;
    *inputs = (struct inputs){.n_samples = n_samples,
                              .n_inputs = n_inputs,
                              .is_bytes = is_bytes,
                              .scale = is_bytes ? 1.0F / 255.0F : 1.0F,
                              .bytes = allocate(n, 1),
                              .floats = allocate(n, sizeof(float))};
    for (size_t i = 0; i < n; i++) {
        inputs->bytes[i] = random_byte();
        inputs->floats[i] = (float)(rand() % 2001 - 1000) * 1e-3F;
    }
    fill_lanes(inputs);
    ck_assert_int_eq(
        batch_create(&host.api, n_samples, n_inputs, is_bytes, inputs->scale, &inputs->batch),
        SYNRL_OK);
    fill_batch(inputs);
}

static void inputs_free(struct inputs *inputs) {
    batch_destroy(inputs->batch);
    free(inputs->bytes);
    free(inputs->floats);
    free(inputs->lanes);
}

/* What a projection must do -------------------------------------------------------------------- */

struct expected {
    size_t n_outputs, n_inputs, n;
    const struct inputs *inputs;
    float *w0;
    int32_t *k;
    float alpha;
    long reach, reach_max; /* |k| is at most reach */
};

static void expected_make(struct expected *expected, size_t n_outputs, size_t n_inputs) {
    const size_t n = n_outputs * n_inputs;
    const long sums_allow = INT32_MAX / (255 * (long)n_inputs);
    *expected = (struct expected){.n_outputs = n_outputs,
                                  .n_inputs = n_inputs,
                                  .n = n,
                                  .w0 = allocate(n, sizeof(float)),
                                  .k = allocate(n, sizeof(int32_t)),
                                  .reach_max = sums_allow < 8190 ? sums_allow : 8190};
}

static void expected_free(struct expected *expected) {
    free(expected->w0);
    free(expected->k);
}

UNWATCHED static float expected_weight(const struct expected *expected, size_t i) {
    return (float)((double)expected->w0[i] + (double)expected->alpha * expected->k[i]);
}

static void expected_rebase(struct expected *expected) {
    for (size_t i = 0; i < expected->n; i++) {
        expected->w0[i] = expected_weight(expected, i);
        expected->k[i] = 0;
    }
    expected->reach = 0;
}

/* Where alpha is halved, k is doubled, as long as it stays below the limit. */
static void expected_act(struct expected *expected, const int8_t *actions, float alpha) {
    const long factor = test_power_of_two(expected->alpha, alpha);
    if (expected->reach > 0 && (factor == 0 || factor * expected->reach >= expected->reach_max)) {
        expected_rebase(expected);
    }
    expected->reach = expected->reach * factor + 1;
    expected->alpha = alpha;
    for (size_t i = 0; i < expected->n; i++) {
        expected->k[i] = expected->k[i] * (int32_t)(expected->reach > 1 ? factor : 0) + actions[i];
    }
}

/* Of bytes: the sums of the base in floats, and of what the weights moved since, which is an
 * integer that a double holds exactly. */
UNWATCHED static void expected_of_bytes(const struct expected *expected, const float *x, size_t o,
                                        float z[SYNRL_LANES]) {
    const size_t n = expected->n_inputs;
    const float scale = expected->inputs->scale, unit = expected->alpha * scale;
    float sum[SYNRL_LANES] = {0};
    double moved[SYNRL_LANES] = {0};
    for (size_t i = 0; i < n; i++) {
        const float w = expected->w0[o * n + i];
        const double k = expected->k[o * n + i];
        for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
            sum[lane] += x[i * SYNRL_LANES + lane] * w;
            moved[lane] += x[i * SYNRL_LANES + lane] * k;
        }
    }
    for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
        if (moved[lane] > INT32_MAX || moved[lane] < -INT32_MAX) {
            ck_abort_msg("a sum of %.0f", moved[lane]);
        }
        z[lane] = scale * sum[lane] + unit * (float)moved[lane];
    }
}

UNWATCHED static void expected_of_floats(const struct expected *expected, const float *x, size_t o,
                                         float z[SYNRL_LANES]) {
    const size_t n = expected->n_inputs;
    for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
        z[lane] = 0.0F;
    }
    for (size_t i = 0; i < n; i++) {
        const float w = expected_weight(expected, o * n + i);
        for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
            z[lane] += x[i * SYNRL_LANES + lane] * w;
        }
    }
}

static void expected_values(const struct expected *expected, size_t block, size_t o,
                            const float *bias, float z[SYNRL_LANES]) {
    const float *x = expected->inputs->lanes + block * expected->n_inputs * SYNRL_LANES;
    if (expected->inputs->is_bytes) {
        expected_of_bytes(expected, x, o, z);
    } else {
        expected_of_floats(expected, x, o, z);
    }
    for (size_t lane = 0; bias != NULL && lane < SYNRL_LANES; lane++) {
        z[lane] += bias[o];
    }
}

static void check_block(const struct expected *expected, synrl_projection *projection, size_t block,
                        const float *bias, float *z) {
    float wanted[SYNRL_LANES];
    projection_values(projection, block, bias, z);
    for (size_t o = 0; o < expected->n_outputs; o++) {
        expected_values(expected, block, o, bias, wanted);
        for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
            const float got = z[o * SYNRL_LANES + lane];
            if (memcmp(&got, &wanted[lane], sizeof got) !=
                0) { /* an assertion each would take minutes */
                ck_abort_msg("%zu inputs, %zu outputs, output %zu of sample %zu: %a, must be %a",
                             expected->n_inputs, expected->n_outputs, o, block * SYNRL_LANES + lane,
                             (double)got, (double)wanted[lane]);
            }
        }
    }
}

/* All blocks, from the last to the first; or about every second, so that some fall behind. */
static void check_blocks(const struct expected *expected, synrl_projection *projection, bool all) {
    float *z = allocate(expected->n_outputs, SYNRL_LANES * sizeof(float));
    float *bias = allocate(expected->n_outputs, sizeof(float));
    for (size_t o = 0; o < expected->n_outputs; o++) {
        bias[o] = (float)o * 0.25F - 1.0F;
    }
    for (size_t b = engine_api.batch_blocks(expected->inputs->batch); b-- > 0;) {
        if (all || rand() % 2 == 0) {
            check_block(expected, projection, b, b % 3 == 0 ? NULL : bias, z);
        }
    }
    free(z);
    free(bias);
}

static void check_weights(const struct expected *expected, const synrl_projection *projection) {
    float *weights = allocate(expected->n, sizeof(float));
    projection_get(projection, weights);
    for (size_t i = 0; i < expected->n; i++) {
        const float wanted = expected_weight(expected, i);
        if (memcmp(&weights[i], &wanted, sizeof wanted) != 0) {
            ck_abort_msg("weight %zu: %a, must be %a", i, (double)weights[i], (double)wanted);
        }
    }
    free(weights);
}

/* A life of one projection --------------------------------------------------------------------- */

struct life {
    struct expected expected;
    struct inputs batches[2]; /* of one shape, so that their memory is used again */
    synrl_projection *projection;
    int8_t *actions;
    float *floats; /* scratch, [n] */
    float alpha;
};

/* Anything; c times the last ones but for a few; all alike. */
static void next_actions(struct life *life) {
    const int kind = rand() % 6;
    const int8_t c = (int8_t)(rand() % 3 - 1);
    for (size_t i = 0; i < life->expected.n; i++) {
        int8_t *action = &life->actions[i];
        if (kind < 2 || (kind < 5 && rand() % 16 == 0)) {
            *action = (int8_t)(rand() % 3 - 1);
        } else {
            *action = kind < 5 ? (int8_t)(c * *action) : c;
        }
    }
}

static void life_act(struct life *life) {
    next_actions(life);
    const int change = rand() % 24;
    if (change < 2) {
        life->alpha = life->alpha > 1e-3F ? 1e-3F : 2.5e-3F;
    } else if (change < 5) {
        life->alpha /= (float)(1 << change); /* 4, 8, 16 */
    } else if (change < 8) {
        life->alpha /= 2.0F;
    }
    expected_act(&life->expected, life->actions, life->alpha);
    projection_act(life->projection, life->actions, life->alpha);
}

/* The last act, and nothing since: with or without a look at its blocks in between. */
static void life_undo(struct life *life) {
    struct expected *expected = &life->expected;
    expected->reach++;
    for (size_t i = 0; i < expected->n; i++) {
        life->actions[i] = (int8_t)-life->actions[i];
        expected->k[i] += life->actions[i];
    }
    projection_undo(life->projection, life->actions);
}

static void life_bind(struct life *life, const struct inputs *inputs) {
    life->expected.inputs = inputs;
    expected_rebase(&life->expected);
    ck_assert_int_eq(projection_bind(life->projection, inputs->batch), SYNRL_OK);
}

static void life_set(struct life *life) {
    for (size_t i = 0; i < life->expected.n; i++) {
        life->expected.w0[i] = life->floats[i] = (float)(rand() % 2001 - 1000) * 1e-3F;
        life->expected.k[i] = 0;
    }
    life->expected.reach = 0;
    projection_set(life->projection, life->floats);
}

static void life_shift(struct life *life) {
    expected_rebase(&life->expected);
    for (size_t i = 0; i < life->expected.n; i++) {
        life->floats[i] = (float)(rand() % 2001 - 1000) * 1e-4F;
        life->expected.w0[i] += life->floats[i];
    }
    projection_shift(life->projection, life->floats);
}

/* Saves, goes astray, and loads. */
static void life_reload(struct life *life) {
    const size_t size = projection_state_size(life->projection);
    void *state = allocate(size, 1);
    projection_save(life->projection, state);
    memset(life->floats, 0, life->expected.n * sizeof(float));
    projection_set(life->projection, life->floats);
    ck_assert_int_eq(projection_load(life->projection, state, size - 1), SYNRL_INVALID);
    ck_assert_int_eq(projection_load(life->projection, state, size), SYNRL_OK);
    free(state);
}

static void life_live(struct life *life, int n_events) {
    for (int event = 0; event < n_events; event++) {
        const int kind = rand() % 32;
        if (kind == 0) {
            life_set(life);
        } else if (kind == 1) {
            life_shift(life);
        } else if (kind == 2) {
            life_reload(life);
        } else if (kind == 3) {
            life_bind(life, &life->batches[rand() % 2]);
        } else {
            life_act(life);
            if (rand() % 3 == 0) {
                check_blocks(&life->expected, life->projection, rand() % 2 == 0);
            }
            if (rand() % 3 == 0) {
                life_undo(life);
            }
        }
        if (kind % 8 != 7) { /* now and then two steps in a row without a look */
            check_blocks(&life->expected, life->projection, kind % 4 != 3);
        }
    }
    check_weights(&life->expected, life->projection);
}

static void live(size_t n_outputs, size_t n_inputs, size_t n_samples, bool is_bytes, int n_events) {
    struct life life = {.alpha = 1e-3F};
    expected_make(&life.expected, n_outputs, n_inputs);
    inputs_make(&life.batches[0], n_samples, n_inputs, is_bytes);
    inputs_make(&life.batches[1], n_samples, n_inputs, is_bytes);
    life.actions = allocate(life.expected.n, 1);
    life.floats = allocate(life.expected.n, sizeof(float));
    ck_assert_int_eq(projection_create(&host.api, n_outputs, n_inputs, &life.projection), SYNRL_OK);
    life_bind(&life, &life.batches[0]);
    check_blocks(&life.expected, life.projection, true); /* all weights start at 0 */
    life_set(&life);
    life_live(&life, n_events);
    projection_destroy(life.projection);
    inputs_free(&life.batches[0]);
    inputs_free(&life.batches[1]);
    expected_free(&life.expected);
    free(life.actions);
    free(life.floats);
}

static size_t random_samples(void) {
    static const size_t near[] = {1, 15, 16, 17, 31, 33, 240, 255, 256, 257, 273, 300};
    return near[(size_t)rand() % (COUNT_OF(near))];
}

static void live_in_many_shapes(bool is_bytes, unsigned seed) {
    srand(seed);
    for (int shape = 0; shape < 20; shape++) {
        live(1 + (size_t)rand() % 70, 1 + (size_t)rand() % 70, random_samples(), is_bytes, 25);
    }
    live(10, 300, 272, is_bytes, 40); /* more inputs than any chunk holds */
    live(33, 128, 272, is_bytes, 25); /* nothing left over for the widest instructions */
    if (is_bytes) {
        live(263, 1001, 272, is_bytes, 4); /* so wide that tiles of blocks are updated together */
    }
}

TEST_EACH(bytes_follow_the_words, N_WAYS) {
    if (start(_i, 1 + (size_t)_i % 2)) {
        live_in_many_shapes(true, 1 + (unsigned)(_i / N_PATHS));
    }
    end();
}

TEST_EACH(floats_follow_the_words, N_WAYS) {
    if (start(_i, 1 + (size_t)_i % 2)) {
        live_in_many_shapes(false, 5 + (unsigned)_i);
    }
    end();
}

/* Long enough for a counter to be full several times. */
TEST_EACH(a_long_run_rebases_again_and_again, N_WAYS) {
    if (start(_i, 1)) {
        struct inputs inputs;
        struct expected expected;
        synrl_projection *projection;
        int8_t actions[3 * 9];
        srand(8);
        inputs_make(&inputs, 5, 9, true);
        expected_make(&expected, 3, 9);
        expected.inputs = &inputs;
        ck_assert_int_eq(projection_create(&host.api, 3, 9, &projection), SYNRL_OK);
        ck_assert_int_eq(projection_bind(projection, inputs.batch), SYNRL_OK);
        for (int step = 0; step < 3 * 8190 + 20; step++) {
            for (size_t i = 0; i < 27; i++) {
                actions[i] = (int8_t)(i < 9 ? 1 : i < 18 ? -1 : rand() % 3 - 1);
            }
            expected_act(&expected, actions, 1e-4F);
            projection_act(projection, actions, 1e-4F);
            check_blocks(&expected, projection, true);
        }
        check_weights(&expected, projection);
        projection_destroy(projection);
        inputs_free(&inputs);
        expected_free(&expected);
    }
    end();
}

/* A float sum of n products starting at 0, each product rounded once and each partial sum once, is
 * within n u / (1 - n u) * sum |x w| of the exact one, u = 2^-24 (Higham 2002, section 3.1). */
TEST(floats_are_within_the_bound_of_exact_sums) {
    enum { WIDE = 1000, OUTPUTS = 3 };
    static float weights[OUTPUTS * WIDE], z[OUTPUTS * SYNRL_LANES];
    ck_assert(start(0, 1) || engine_isa() == NULL);
    struct inputs inputs;
    synrl_projection *projection;
    srand(4);
    inputs_make(&inputs, 16, WIDE, false);
    ck_assert_int_eq(projection_create(&host.api, OUTPUTS, WIDE, &projection), SYNRL_OK);
    for (size_t i = 0; i < OUTPUTS * WIDE; i++) {
        weights[i] = (float)(rand() % 20001 - 10000) * 1e-4F;
    }
    projection_set(projection, weights);
    ck_assert_int_eq(projection_bind(projection, inputs.batch), SYNRL_OK);
    projection_values(projection, 0, NULL, z);
    for (size_t o = 0; o < OUTPUTS; o++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            long double sum = 0, size = 0;
            for (size_t i = 0; i < WIDE; i++) {
                const long double product =
                    (long double)inputs.floats[s * WIDE + i] * (long double)weights[o * WIDE + i];
                sum += product;
                size += fabsl(product);
            }
            const long double bound = WIDE * 0x1p-24L / (1 - WIDE * 0x1p-24L) * size;
            ck_assert(fabsl((long double)z[o * SYNRL_LANES + s] - sum) <= bound);
        }
    }
    projection_destroy(projection);
    inputs_free(&inputs);
    end();
}

/* Batches: what was packed comes back. */
TEST(batches_give_back_their_samples) {
    start(0, 1);
    for (size_t n_samples = 1; n_samples < 40; n_samples += 6) {
        for (int is_bytes = 0; is_bytes < 2; is_bytes++) {
            enum { INPUTS = 11 };
            struct inputs inputs;
            float x[INPUTS * SYNRL_LANES], rows[40 * INPUTS];
            inputs_make(&inputs, n_samples, INPUTS, is_bytes != 0);
            ck_assert_uint_eq(engine_api.batch_samples(inputs.batch), n_samples);
            ck_assert_uint_eq(engine_api.batch_inputs(inputs.batch), INPUTS);
            engine_api.batch_rows(inputs.batch, 0, n_samples, rows);
            for (size_t s = 0; s < engine_api.batch_blocks(inputs.batch) * SYNRL_LANES; s++) {
                const size_t from = s < n_samples ? s : n_samples - 1;
                engine_api.batch_values(inputs.batch, s / SYNRL_LANES, x);
                for (size_t i = 0; i < INPUTS; i++) {
                    const float wanted = is_bytes != 0
                                             ? inputs.scale * (float)inputs.bytes[from * INPUTS + i]
                                             : inputs.floats[from * INPUTS + i];
                    const float got = x[i * SYNRL_LANES + s % SYNRL_LANES];
                    ck_assert(memcmp(&got, &wanted, sizeof got) == 0);
                    ck_assert(memcmp(&rows[from * INPUTS + i], &wanted, sizeof got) == 0);
                }
            }
            inputs_free(&inputs);
        }
    }
    end();
}

/* Refusals ------------------------------------------------------------------------------------- */

static void check_refused_shape(size_t n_outputs, size_t n_inputs) {
    synrl_projection *projection;
    ck_assert_int_eq(projection_create(&host.api, n_outputs, n_inputs, &projection), SYNRL_INVALID);
    ck_assert_ptr_null(projection);
    ck_assert_msg(strstr(core->message, "at most 8421504 inputs") != NULL, "%s", core->message);
}

/* One step of 8421505 inputs could reach 255 * 8421505 = 2147483775 > 2^31 - 1. */
TEST(shapes_past_the_limits_are_refused) {
    start(0, 1);
    check_refused_shape(0, 5);
    check_refused_shape(5, 0);
    check_refused_shape(1, 8421505);
    check_refused_shape((size_t)1 << 20, (size_t)1 << 12);
    check_refused_shape(SIZE_MAX / 2, 3);
    synrl_projection *projection;
    struct inputs inputs;
    ck_assert_int_eq(projection_create(&host.api, 2, 4, &projection), SYNRL_OK);
    inputs_make(&inputs, 5, 3, true);
    ck_assert_int_eq(projection_bind(projection, inputs.batch), SYNRL_INVALID);
    ck_assert_ptr_nonnull(strstr(core->message, "4 inputs bound to a batch of 3 inputs"));
    projection_destroy(projection);
    inputs_free(&inputs);
    end();
}
