/* SPDX-License-Identifier: MIT */
/* Batches of windows against samples cut up by plain loops. */
#include "engine/windows.h"

#include <stdlib.h>
#include <string.h>

#include "engine/projection.h"
#include "plugin/host.h"
#include "support/engine_ways.h"
#include "support/pace.h"
#include "support/samples.h"
#include "support/support.h"
#include "support/test.h"

SUITE("windows");

static struct core *core;
static struct host host;

static void start(size_t n_threads) {
    core = test_engine(n_threads, &host);
}

static void end(void) {
    test_engine_end(core, &host);
}

/* height, width, channels; kernel; strides */
static const synrl_window shapes[] = {
    {1, 1, 1, 1, 1, 1, 1}, {3, 3, 1, 2, 2, 1, 1}, {5, 4, 2, 2, 3, 2, 1}, {6, 5, 3, 3, 5, 1, 1},
    {7, 2, 1, 1, 2, 1, 1}, {4, 4, 1, 4, 4, 9, 9}, {5, 5, 1, 1, 1, 3, 2}, {2, 9, 2, 2, 2, 1, 4},
};
static const size_t sizes[] = {1, 15, 16, 17, 40, 273};
enum { N_SHAPES = COUNT_OF(shapes), N_SIZES = COUNT_OF(sizes) };

static size_t inputs_of(const synrl_window *window) {
    return window->height * window->width * window->channels;
}

static size_t columns_of(const synrl_window *window) {
    return window->kernel_height * window->kernel_width * window->channels;
}

/* The inputs of each window, row by row: unrolled [n_windows][n_columns]. */
static size_t unroll(const synrl_window *window, size_t *unrolled) {
    size_t n = 0, at = 0;
    for (size_t top = 0; top + window->kernel_height <= window->height;
         top += window->stride_height) {
        for (size_t left = 0; left + window->kernel_width <= window->width;
             left += window->stride_width) {
            for (size_t y = top; y < top + window->kernel_height; y++) {
                for (size_t x = left; x < left + window->kernel_width; x++) {
                    for (size_t c = 0; c < window->channels; c++) {
                        unrolled[at++] = (y * window->width + x) * window->channels + c;
                    }
                }
            }
            n++;
        }
    }
    return n;
}

static void check_windows(const struct samples *samples, const synrl_window *window,
                          const synrl_batch *windows) {
    const size_t n_columns = columns_of(window), n_blocks = (samples->n + 15) / 16;
    size_t *unrolled = test_allocate(inputs_of(window) * n_columns, sizeof *unrolled);
    const size_t n_windows = unroll(window, unrolled);
    ck_assert_uint_eq(batch_blocks(windows), n_blocks * n_windows);
    ck_assert_uint_eq(batch_samples(windows), n_blocks * n_windows * SYNRL_LANES);
    ck_assert_uint_eq(batch_inputs(windows), n_columns);
    float *x = test_allocate(n_columns * SYNRL_LANES, sizeof *x);
    float *row = test_allocate(n_columns, sizeof *row);
    for (size_t w = 0; w < batch_samples(windows); w++) {
        const size_t block = w / SYNRL_LANES, lane = w % SYNRL_LANES;
        const size_t sample = block / n_windows * SYNRL_LANES + lane;
        batch_values(windows, block, x);
        batch_rows(windows, w, 1, row);
        for (size_t i = 0; i < n_columns; i++) {
            const float wanted =
                samples_value(samples, sample, unrolled[block % n_windows * n_columns + i]);
            CHECK_OFTEN(memcmp(&x[i * SYNRL_LANES + lane], &wanted, sizeof wanted) == 0 &&
                            memcmp(&row[i], &wanted, sizeof wanted) == 0,
                        "%zu samples, window %zu, column %zu: %g and %g, must be %g", samples->n, w,
                        i, (double)x[i * SYNRL_LANES + lane], (double)row[i], (double)wanted);
        }
    }
    free(unrolled);
    free(x);
    free(row);
}

TEST_EACH(windows_are_samples_cut_up, 2) {
    start(3);
    srand(1);
    for (size_t i = 0; i < N_SHAPES * N_SIZES; i++) {
        const synrl_window *window = &shapes[i / N_SIZES];
        struct samples samples;
        synrl_batch *windows;
        samples_make(&samples, &host.api, sizes[i % N_SIZES], inputs_of(window), _i == 0);
        ck_assert_int_eq(engine_api.batch_windows(&host.api, samples.batch, window, &windows),
                         SYNRL_OK);
        check_windows(&samples, window, windows);
        ck_assert(windows_fit(windows, samples.batch, window));
        samples_refill(&samples);
        windows_fill(windows, samples.batch, window);
        check_windows(&samples, window, windows);
        batch_destroy(windows);
        samples_free(&samples);
    }
    end();
}

/* Rows of a picture, and then pairs of neighbours in each: the same as pairs of the picture. */
TEST_EACH(windows_have_windows, 2) {
    static const synrl_window whole_rows = {4, 5, 1, 1, 5, 1, 1}, pairs = {1, 5, 1, 1, 2, 1, 1};
    static const synrl_window both = {4, 5, 1, 1, 2, 1, 1};
    struct samples samples;
    synrl_batch *by_row, *windows;
    start(2);
    srand(2);
    samples_make(&samples, &host.api, 37, 20, _i == 0);
    ck_assert_int_eq(windows_create(&host.api, samples.batch, &whole_rows, &by_row), SYNRL_OK);
    ck_assert_int_eq(windows_create(&host.api, by_row, &pairs, &windows), SYNRL_OK);
    check_windows(&samples, &both, windows);
    for (size_t b = 0; b < batch_blocks(windows); b++) {
        ck_assert_uint_eq(batch_lanes(windows, b), b / 16 == 2 ? 5 : 16);
    }
    samples_free(&samples);
    end();
}

/* What a projection makes of windows and of the same samples packed as such. */
static void check_projections(synrl_projection *of_windows, synrl_projection *of_samples,
                              size_t n_outputs, size_t n_blocks) {
    float *one = test_allocate(n_outputs * SYNRL_LANES, sizeof *one);
    float *other = test_allocate(n_outputs * SYNRL_LANES, sizeof *other);
    for (size_t b = 0; b < n_blocks; b++) {
        projection_values(of_windows, b, NULL, one);
        projection_values(of_samples, b, NULL, other);
        CHECK_OFTEN(memcmp(one, other, n_outputs * SYNRL_LANES * sizeof *one) == 0, "block %zu", b);
    }
    free(one);
    free(other);
}

/* The batch of all windows as if they were samples. */
static synrl_batch *pack_unrolled(const synrl_batch *windows) {
    const size_t n = batch_samples(windows), n_columns = batch_inputs(windows);
    synrl_batch *packed;
    float *rows = test_allocate(n * n_columns, sizeof *rows);
    uint8_t *bytes = test_allocate(n * n_columns, 1);
    batch_rows(windows, 0, n, rows);
    for (size_t i = 0; i < n * n_columns; i++) {
        bytes[i] = (uint8_t)(rows[i] * 255.0F + 0.5F);
    }
    ck_assert_int_eq(
        batch_create(&host.api, n, n_columns, windows->is_bytes, 1.0F / 255.0F, &packed), SYNRL_OK);
    batch_fill(packed, windows->is_bytes ? (const void *)bytes : (const void *)rows, NULL);
    free(rows);
    free(bytes);
    return packed;
}

static void live(size_t n_samples, bool is_bytes) {
    static const synrl_window window = {9, 8, 1, 3, 4, 1, 2};
    enum { OUTPUTS = 6, N = OUTPUTS * 12 };
    struct samples samples;
    synrl_batch *windows;
    synrl_projection *of_windows, *of_samples;
    int8_t actions[N] = {0};
    samples_make(&samples, &host.api, n_samples, inputs_of(&window), is_bytes);
    ck_assert_int_eq(windows_create(&host.api, samples.batch, &window, &windows), SYNRL_OK);
    synrl_batch *packed = pack_unrolled(windows);
    ck_assert_int_eq(projection_create(&host.api, OUTPUTS, 12, &of_windows), SYNRL_OK);
    ck_assert_int_eq(projection_create(&host.api, OUTPUTS, 12, &of_samples), SYNRL_OK);
    ck_assert_int_eq(projection_bind(of_windows, windows), SYNRL_OK);
    ck_assert_int_eq(projection_bind(of_samples, packed), SYNRL_OK);
    for (int step = 0; step < 12; step++) {
        for (size_t i = 0; i < N; i++) {
            actions[i] = (int8_t)-actions[i];
            if (rand() % (step % 2 == 0 ? 2 : 12) == 0) {
                actions[i] = (int8_t)(rand() % 3 - 1);
            }
        }
        projection_act(of_windows, actions, 1e-3F);
        projection_act(of_samples, actions, 1e-3F);
        check_projections(of_windows, of_samples, OUTPUTS, batch_blocks(windows));
    }
    projection_destroy(of_windows);
    projection_destroy(of_samples);
    batch_destroy(windows);
    batch_destroy(packed);
    samples_free(&samples);
}

TEST_EACH(projections_take_windows_as_samples, N_WAYS) {
    const bool is_here = take_way(_i);
    start(1 + (size_t)_i % 3);
    for (int i = 0; is_here && i < 6; i++) {
        srand(3 + (unsigned)i);
        live(sizes[i], i % 2 == 0 || _i % 2 == 0);
    }
    end();
}

TEST(impossible_windows_are_refused) {
    static const struct {
        synrl_window window;
        const char *part;
    } wrong[] = {
        {{3, 4, 2, 1, 1, 1, 1}, "the batch has 20 inputs per sample"},
        {{0, 5, 4, 1, 1, 1, 1}, "the batch has 20 inputs per sample"},
        {{SIZE_MAX, 2, 10, 1, 1, 1, 1}, "the batch has 20 inputs per sample"},
        {{2, SIZE_MAX, 10, 1, 1, 1, 1}, "the batch has 20 inputs per sample"},
        {{3, 6, 1, 1, 1, 1, 1}, "the batch has 20 inputs per sample"},
        {{5, 4, 1, 6, 1, 1, 1}, "must be 1 .. 5 x 1 .. 4"},
        {{5, 4, 1, 0, 1, 1, 1}, "must be 1 .. 5 x 1 .. 4"},
        {{5, 4, 1, 2, 5, 1, 1}, "must be 1 .. 5 x 1 .. 4"},
        {{5, 4, 1, 2, 2, 0, 1}, "strides of at least 1"},
        {{5, 4, 1, 2, 2, 1, 0}, "strides of at least 1"},
    };
    struct samples samples;
    synrl_batch *windows;
    start(1);
    samples_make(&samples, &host.api, 5, 20, true);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        test_failure(core, SYNRL_INVALID,
                     windows_create(&host.api, samples.batch, &wrong[i].window, &windows),
                     wrong[i].part);
        ck_assert_ptr_null(windows);
    }
    /* A batch that claims more samples than memory could hold. */
    synrl_batch many = *samples.batch;
    many.n_blocks = (size_t)INT32_MAX / SYNRL_LANES / 20 + 1;
    const synrl_window each = {5, 4, 1, 1, 1, 1, 1};
    test_failure(core, SYNRL_INVALID, windows_create(&host.api, &many, &each, &windows),
                 "must be fewer than 2^31 in all");
    samples_free(&samples);
    end();
}

static synrl_status make_windows(struct core *used) {
    static const synrl_window window = {5, 4, 1, 2, 2, 1, 1};
    struct host own;
    synrl_batch *batch, *windows = NULL;
    host_init(&own, used, SYNRL_KIND_MODEL, "test");
    synrl_status status = batch_create(&own.api, 20, 20, true, 1.0F, &batch);
    if (status == SYNRL_OK) {
        status = windows_create(&own.api, batch, &window, &windows);
    }
    batch_destroy(windows);
    batch_destroy(batch);
    host_release(&own, 1);
    return status;
}

TEST(memory_may_run_out) {
    test_short_memory(make_windows);
}
