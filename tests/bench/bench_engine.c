/* SPDX-License-Identifier: MIT */
/* What bench measures below a whole iteration: the machine's limits, and the engine's kernels. */
#include "bench/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/bench.h"
#include "engine/engine.h"
#include "engine/pool.h"
#include "engine/projection.h"
#include "plugin/host.h"

/* The machine ---------------------------------------------------------------------------------- */

struct peak_work {
    const char *isa;
    uint64_t n[64];
};

static void run_peak(void *context, size_t worker, size_t n_workers) {
    (void)n_workers;
    struct peak_work *work = context;
    work->n[worker % 64] = engine_peak(work->isa, 1000000);
}

double bench_measure_peak(struct core *core, const char *isa) {
    double best = 0;
    for (int i = 0; i < 10; i++) {
        struct peak_work work = {.isa = isa};
        const double start = clock_seconds();
        pool_run(core->pool, run_peak, &work);
        uint64_t n = 0;
        for (size_t w = 0; w < 64; w++) {
            n += work.n[w];
        }
        best = fmax(best, (double)n / (clock_seconds() - start) / 1e9);
    }
    return best;
}

double bench_measure_reads(struct core *core, size_t size) {
    uint64_t *words = core_alloc(core, size / sizeof(uint64_t), sizeof *words);
    double best = 0;
    volatile uint64_t sink = 0;
    for (int i = 0; i < 10 && words != NULL; i++) {
        uint64_t sums[8] = {0};
        const double start = clock_seconds();
        for (size_t w = 0; w + 8 <= size / sizeof *words; w += 8) {
            for (size_t k = 0; k < 8; k++) {
                sums[k] ^= words[w + k];
            }
        }
        best = fmax(best, (double)size / (clock_seconds() - start) / 1e9);
        for (size_t k = 0; k < 8; k++) {
            sink = sink ^ sums[k];
        }
    }
    core_free(core, words);
    return best;
}

/* The kernels ---------------------------------------------------------------------------------- */

static void fill_batch(synrl_batch *batch, uint8_t *bytes) {
    for (size_t i = 0; i < engine_api.batch_samples(batch) * BENCH_INPUTS; i++) {
        bytes[i] = (uint8_t)(i * 2654435761U >> 13);
    }
    batch_fill(batch, bytes, NULL);
}

static int compare_numbers(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double bench_measure_kernel(struct core *core, size_t n_outputs) {
    struct host host;
    synrl_batch *batch;
    double best = 0;
    host_init(&host, core, SYNRL_KIND_MODEL, "bench");
    uint8_t *bytes = core_alloc(core, BENCH_SAMPLES, BENCH_INPUTS);
    int8_t *actions = core_alloc(core, n_outputs, BENCH_INPUTS);
    int32_t *sums = core_alloc(core, n_outputs, SYNRL_TILE_BLOCKS * SYNRL_LANES * sizeof *sums);
    if (bytes != NULL && actions != NULL && sums != NULL &&
        batch_create(&host.api, BENCH_SAMPLES, BENCH_INPUTS, true, 1.0F, &batch) == SYNRL_OK) {
        fill_batch(batch, bytes);
        for (size_t i = 0; i < n_outputs * BENCH_INPUTS; i++) {
            actions[i] = (int8_t)((int)((uint32_t)i * 2654435761U >> 7) % 3 - 1);
        }
        for (int i = 0; i < 40; i++) {
            const double start = clock_seconds();
            engine_dense(batch, i % 2 != 0, n_outputs, actions, sums);
            const double macs = (double)n_outputs * BENCH_INPUTS * BENCH_SAMPLES;
            best = fmax(best, macs / (clock_seconds() - start) / 1e9);
        }
        batch_destroy(batch);
    }
    core_free(core, sums);
    core_free(core, actions);
    core_free(core, bytes);
    return best;
}

double bench_measure_correlate(struct core *core, size_t n_outputs) {
    struct host host;
    synrl_batch *batch;
    double best = 0;
    host_init(&host, core, SYNRL_KIND_MODEL, "bench");
    const size_t n_blocks = (BENCH_SAMPLES + SYNRL_LANES - 1) / SYNRL_LANES;
    uint8_t *bytes = core_alloc(core, BENCH_SAMPLES, BENCH_INPUTS);
    int8_t *signal = core_alloc(core, n_blocks, n_outputs * SYNRL_LANES);
    int32_t *sums = core_alloc(core, n_outputs, BENCH_INPUTS * sizeof *sums);
    if (bytes != NULL && signal != NULL && sums != NULL &&
        batch_create(&host.api, BENCH_SAMPLES, BENCH_INPUTS, true, 1.0F, &batch) == SYNRL_OK) {
        fill_batch(batch, bytes);
        for (size_t i = 0; i < n_blocks * n_outputs * SYNRL_LANES; i++) {
            signal[i] = (int8_t)((int)((uint32_t)i * 2654435761U >> 7) % 3 - 1);
        }
        for (int i = 0; i < 40; i++) {
            memset(sums, 0, n_outputs * BENCH_INPUTS * sizeof *sums);
            const double start = clock_seconds();
            engine_correlate(batch, n_outputs, signal, sums);
            const double macs = (double)n_outputs * BENCH_INPUTS * BENCH_SAMPLES;
            best = fmax(best, macs / (clock_seconds() - start) / 1e9);
        }
        batch_destroy(batch);
    }
    core_free(core, sums);
    core_free(core, signal);
    core_free(core, bytes);
    return best;
}

/* One act of 784 to 10 outputs in which a synapse in ten chooses anew, as with win_stay at epsilon
 * = 0.1. */
static void choose_some(uint32_t act, size_t n, int8_t *actions) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t word = (uint32_t)(i * 2654435761U) ^ act * 2246822519U;
        const uint32_t mixed = (word ^ word >> 15) * 3266489917U;
        if (mixed >> 8 < (1U << 24) / 10) {
            actions[i] = (int8_t)((int)((mixed & 255) % 3) - 1);
        }
    }
}

/* A projection whose values all workers ask for, tile by tile, to and fro, as a forward pass does.
 */
struct asking {
    synrl_projection *projection;
    synrl_batch *batch;
    float *z; /* [n_workers][N_OUTPUTS][SYNRL_LANES] */
};

enum { N_OUTPUTS = 10 };

static void ask_share(void *context, size_t worker, size_t n_workers) {
    const struct asking *asking = context;
    float *z = asking->z + worker * N_OUTPUTS * SYNRL_LANES;
    size_t first, end;
    pool_share(engine_api.batch_blocks(asking->batch), SYNRL_TILE_BLOCKS, worker, n_workers, &first,
               &end);
    for (size_t i = first; i < end; i++) {
        const size_t block = batch_is_reversed(asking->batch) ? end - 1 - (i - first) : i;
        projection_values(asking->projection, block, NULL, z);
    }
}

static double ask_all(struct core *core, struct asking *asking) {
    const double start = clock_seconds();
    pool_run(core->pool, ask_share, asking);
    return clock_seconds() - start;
}

/* The median over acts of what an act and the pass after it take beyond a pass with nothing new. */
static double time_acts(struct core *core, struct asking *asking, int8_t *actions) {
    enum { N_ACTS = 401 };
    double times[N_ACTS];
    ask_all(core, asking);
    for (uint32_t act = 0; act < N_ACTS; act++) {
        choose_some(act, (size_t)N_OUTPUTS * BENCH_INPUTS, actions);
        const double start = clock_seconds();
        projection_act(asking->projection, actions, 1e-3F);
        const double update = clock_seconds() - start + ask_all(core, asking);
        times[act] = update - ask_all(core, asking);
        batch_reverse_order(asking->batch); /* as a forward pass does at its end */
    }
    qsort(times, N_ACTS, sizeof *times, compare_numbers);
    return times[N_ACTS / 2];
}

double bench_measure_update(struct core *core, size_t n_samples, const char *path) {
    struct host host;
    struct asking asking = {NULL, NULL, NULL};
    double median = (double)NAN;
    setenv("SYNRL_PATH", path, 1);
    host_init(&host, core, SYNRL_KIND_MODEL, "bench");
    uint8_t *bytes = core_alloc(core, n_samples, BENCH_INPUTS);
    int8_t *actions = core_alloc(core, N_OUTPUTS, BENCH_INPUTS);
    asking.z = core_alloc(core, pool_size(core->pool), N_OUTPUTS * SYNRL_LANES * sizeof(float));
    if (bytes != NULL && actions != NULL && asking.z != NULL &&
        batch_create(&host.api, n_samples, BENCH_INPUTS, true, 1.0F, &asking.batch) == SYNRL_OK &&
        projection_create(&host.api, N_OUTPUTS, BENCH_INPUTS, &asking.projection) == SYNRL_OK) {
        fill_batch(asking.batch, bytes);
        if (projection_bind(asking.projection, asking.batch) == SYNRL_OK) {
            median = time_acts(core, &asking, actions);
        }
    }
    projection_destroy(asking.projection);
    batch_destroy(asking.batch);
    core_free(core, asking.z);
    core_free(core, actions);
    core_free(core, bytes);
    return median;
}
