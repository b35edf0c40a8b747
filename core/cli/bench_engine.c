/* What bench measures below a whole iteration: the machine's limits, and the engine's kernels. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "cli.h"
#include "engine/engine.h"
#include "engine/pool.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The machine ---------------------------------------------------------------------------------- */

struct peak_work {
    uint64_t n[64];
};

static void run_peak(void *context, size_t worker, size_t n_workers) {
    (void)n_workers;
    ((struct peak_work *)context)->n[worker % 64] = engine_peak(4000000);
}

double bench_measure_peak(struct core *core) {
    double best = 0;
    for (int i = 0; i < 3; i++) {
        struct peak_work work = {{0}};
        const double start = now();
        pool_run(core->pool, run_peak, &work);
        uint64_t n = 0;
        for (size_t w = 0; w < 64; w++) {
            n += work.n[w];
        }
        best = fmax(best, (double)n / (now() - start) / 1e9);
    }
    return best;
}

double bench_measure_reads(struct core *core, size_t size) {
    uint64_t *words = core_alloc(core, size / sizeof(uint64_t), sizeof *words);
    double best = 0;
    volatile uint64_t sink = 0;
    for (int i = 0; i < 10 && words != NULL; i++) {
        uint64_t sums[8] = {0};
        const double start = now();
        for (size_t w = 0; w + 8 <= size / sizeof *words; w += 8) {
            for (size_t k = 0; k < 8; k++) {
                sums[k] ^= words[w + k];
            }
        }
        best = fmax(best, (double)size / (now() - start) / 1e9);
        for (size_t k = 0; k < 8; k++) {
            sink = sink ^ sums[k];
        }
    }
    core_free(core, words);
    return best;
}

/* The kernels ---------------------------------------------------------------------------------- */

static void fill_batch(synrl_batch *batch, uint8_t *bytes) {
    for (size_t i = 0; i < (size_t)BENCH_SAMPLES * BENCH_INPUTS; i++) {
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
        batch_create(&host.public, BENCH_SAMPLES, BENCH_INPUTS, true, 1.0F, &batch) == SYNRL_OK) {
        fill_batch(batch, bytes);
        for (size_t i = 0; i < n_outputs * BENCH_INPUTS; i++) {
            actions[i] = (int8_t)((int)(i * 2654435761U >> 7) % 3 - 1);
        }
        for (int i = 0; i < 40; i++) {
            const double start = now();
            engine_dense(batch, i % 2 != 0, n_outputs, actions, sums);
            const double macs = (double)n_outputs * BENCH_INPUTS * BENCH_SAMPLES;
            best = fmax(best, macs / (now() - start) / 1e9);
        }
        batch_destroy(batch);
    }
    core_free(core, sums);
    core_free(core, actions);
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

static double ask_all(synrl_projection *projection, size_t n_blocks, float *z) {
    const double start = now();
    for (size_t b = 0; b < n_blocks; b++) {
        engine_api.projection_values(projection, b, NULL, z);
    }
    return now() - start;
}

double bench_measure_update(struct core *core, const char *path) {
    enum { N_OUTPUTS = 10, N_ACTS = 201 };
    struct host host;
    synrl_batch *batch = NULL;
    synrl_projection *projection = NULL;
    double times[N_ACTS];
    double median = (double)NAN;
    setenv("SYNRL_PATH", path, 1);
    host_init(&host, core, SYNRL_KIND_MODEL, "bench");
    uint8_t *bytes = core_alloc(core, BENCH_SAMPLES, BENCH_INPUTS);
    int8_t *actions = core_alloc(core, N_OUTPUTS, BENCH_INPUTS);
    float *z = core_alloc(core, N_OUTPUTS, SYNRL_LANES * sizeof *z);
    if (bytes != NULL && actions != NULL && z != NULL &&
        batch_create(&host.public, BENCH_SAMPLES, BENCH_INPUTS, true, 1.0F, &batch) == SYNRL_OK &&
        engine_api.projection_create(&host.public, N_OUTPUTS, BENCH_INPUTS, &projection) ==
            SYNRL_OK) {
        const size_t n_blocks = engine_api.batch_blocks(batch);
        fill_batch(batch, bytes);
        if (engine_api.projection_bind(projection, batch) == SYNRL_OK) {
            ask_all(projection, n_blocks, z);
            for (uint32_t act = 0; act < N_ACTS; act++) {
                choose_some(act, (size_t)N_OUTPUTS * BENCH_INPUTS, actions);
                const double start = now();
                engine_api.projection_act(projection, actions, 1e-3F);
                const double update = now() - start + ask_all(projection, n_blocks, z);
                times[act] = update - ask_all(projection, n_blocks, z);
            }
            qsort(times, N_ACTS, sizeof *times, compare_numbers);
            median = times[N_ACTS / 2];
        }
    }
    engine_api.projection_destroy(projection);
    batch_destroy(batch);
    core_free(core, z);
    core_free(core, actions);
    core_free(core, bytes);
    return median;
}
