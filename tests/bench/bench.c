/* SPDX-License-Identifier: MIT */
/* What an iteration costs on this machine, beside the machine's peak and beside NumPy and PyTorch
 * where they are installed. Times depend on the machine and on who else uses it; ratios of one run
 * less. usage: bench [--json] [PART ...], from the top of the source tree. */
#include "bench/bench.h"
#include "base/count.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "plugin/host.h"
#include "policy/policy.h"
#include "train/trainer.h"

enum {
    N_SAMPLES = BENCH_SAMPLES, /* of a batch */
    N_INPUTS = BENCH_INPUTS,
    N_CLASSES = BENCH_CLASSES
};

#define PEER_FOLDER "tests/bench"

struct bench {
    bool as_json;
    json_t *results;
    char folder[BENCH_FOLDER_MAX]; /* of the data made for it */
};

/* One line, and one entry of the JSON. */
static void report(struct bench *bench, const char *name, double value, const char *unit) {
    json_object_set_new(bench->results, name, json_real(value));
    fprintf(bench->as_json ? stderr : stdout, "%-62s %10.4g %s\n", name, value, unit);
    fflush(stdout);
}

/* Values of rounds that alternate with those of others, so that a busy machine shows all alike. */
enum { N_ROUNDS = 7 };
struct rounds {
    double values[N_ROUNDS];
};

static int compare_numbers(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The median, and the quartiles beside it. */
static void report_rounds(struct bench *bench, const char *name, const struct rounds *rounds,
                          const char *unit) {
    char full[128];
    struct rounds sorted = *rounds;
    qsort(sorted.values, N_ROUNDS, sizeof *sorted.values, compare_numbers);
    report(bench, name, sorted.values[N_ROUNDS / 2], unit);
    snprintf(full, sizeof full, "%s, lower quartile", name);
    report(bench, full, sorted.values[N_ROUNDS / 4], unit);
    snprintf(full, sizeof full, "%s, upper quartile", name);
    report(bench, full, sorted.values[N_ROUNDS - 1 - N_ROUNDS / 4], unit);
}

/* Peers ---------------------------------------------------------------------------------------- */

static const char *const peers[] = {"numpy", "torch"};
enum { N_PEERS = COUNT_OF(peers) };

/* Milliseconds an iteration of the same work in Python, the better of two runs; NaN where it cannot
 * be had. */
static double measure_peer(const char *name, const char *rule, size_t hidden) {
    char command[256];
    double best = (double)NAN;
    if (access(PEER_FOLDER, R_OK) != 0) {
        return best;
    }
    snprintf(command, sizeof command,
             "/usr/bin/python3 " PEER_FOLDER "/peer_%s.py %zu %d %s 2>/dev/null", name, hidden,
             strcmp(rule, "static") == 0 ? 100 : 20, rule);
    for (int i = 0; i < 2; i++) {
        double milliseconds;
        FILE *pipe = popen(command, "r");
        if (pipe == NULL) {
            return best;
        }
        if (fscanf(pipe, "%lf", &milliseconds) == 1) {
            best = fmin(best, milliseconds);
        }
        pclose(pipe);
    }
    return best;
}

static void report_peers(struct bench *bench, size_t hidden, double own) {
    double best = (double)NAN;
    for (size_t p = 0; p < N_PEERS; p++) {
        char name[64];
        const double milliseconds = measure_peer(peers[p], "static", hidden);
        if (isnan(milliseconds)) {
            fprintf(stderr, "skipped: %s is not installed, or this is not the source tree\n",
                    peers[p]);
            continue;
        }
        snprintf(name, sizeof name, "%s %s", peers[p], hidden > 0 ? "784-32-10" : "784-10");
        report(bench, name, milliseconds, "ms an iteration");
        best = fmin(best, milliseconds);
    }
    if (!isnan(best)) {
        report(bench,
               hidden > 0 ? "times faster than the better peer, 784-32-10"
                          : "times faster than the better peer, 784-10",
               best / own, "times");
    }
}

/* The parts ------------------------------------------------------------------------------------ */

/* The instructions that the dense path may be made of, by the variants that have them. */
static const struct {
    const char *isa, *name;
} instructions[] = {{"avx512", "vpdpbusd"}, {"avx2", "vpmaddubsw"}, {"amx", "tdpbsud"}};
enum { N_INSTRUCTIONS = COUNT_OF(instructions), N_VECTOR_INSTRUCTIONS = 2 };

/* The first of the vector instructions that this machine has, to whose peak others are compared. */
static size_t best_instruction(struct core *core) {
    size_t i = 0;
    while (i + 1 < N_VECTOR_INSTRUCTIONS && bench_measure_peak(core, instructions[i].isa) <= 0) {
        i++;
    }
    return i;
}

/* Peaks, and what the dense kernel of the variant in use makes of them on one thread. */
static void bench_machine(struct bench *bench) {
    static const size_t outputs[] = {10, 32};
    char name[96];
    for (size_t n_threads = 1; n_threads <= 2; n_threads++) {
        const struct core_options options = {.n_threads = n_threads};
        struct core *core = core_create(&options);
        if (core == NULL) {
            continue;
        }
        double peaks[N_INSTRUCTIONS];
        for (size_t i = 0; i < N_INSTRUCTIONS; i++) {
            peaks[i] = bench_measure_peak(core, instructions[i].isa);
            snprintf(name, sizeof name, "peak of %s, %zu thread%s", instructions[i].name, n_threads,
                     n_threads == 1 ? "" : "s");
            if (peaks[i] > 0) {
                report(bench, name, peaks[i], "GMAC/s");
            }
        }
        const size_t best = best_instruction(core);
        for (size_t o = 0; n_threads == 1 && o < 2; o++) {
            const double kernel = bench_measure_kernel(core, outputs[o]);
            snprintf(name, sizeof name, "dense kernel 784-%zu (%s)", outputs[o], engine_isa());
            report(bench, name, kernel, "GMAC/s");
            if (peaks[best] > 0) {
                snprintf(name, sizeof name, "dense kernel 784-%zu (%s) of the peak of %s",
                         outputs[o], engine_isa(), instructions[best].name);
                report(bench, name, 100 * kernel / peaks[best], "%");
            }
        }
        core_destroy(core);
    }
    const struct core_options options = {.n_threads = 1};
    struct core *core = core_create(&options);
    if (core != NULL) { /* what the roofline needs besides */
        report(bench, "reads of 4 MB, 1 thread", bench_measure_reads(core, (size_t)4 << 20),
               "GB/s");
        report(bench, "reads of 512 MB, 1 thread", bench_measure_reads(core, (size_t)512 << 20),
               "GB/s");
    }
    core_destroy(core);
}

static double n_macs(size_t hidden) {
    return hidden > 0 ? (double)hidden * (N_INPUTS + N_CLASSES) : (double)N_INPUTS * N_CLASSES;
}

static void bench_iterations(struct bench *bench) {
    static const size_t widths[] = {0, 32, 512};
    static const char *const names[] = {"784-10", "784-32-10", "784-512-10"};
    static const char *const rules[] = {"static", "win_stay", "gd"};
    for (size_t w = 0; w < 3; w++) {
        for (size_t r = 0; r < 3; r++) {
            for (size_t threads = 1; threads <= 2; threads++) {
                char name[96];
                struct shape shape = {.hidden = widths[w],
                                      .rule = rules[r],
                                      .n_threads = threads,
                                      .iterations = (r == 2 ? 20U : 500U) / (w == 2 ? 10U : 1U)};
                snprintf(name, sizeof name, "%s %s, %zu thread%s", names[w], rules[r], threads,
                         threads == 1 ? "" : "s");
                const double own = bench_measure_shape(bench->folder, shape, "auto");
                report(bench, name, own, "ms an iteration");
                if (r < 2) { /* as if it were dense: sparse steps do less */
                    snprintf(name, sizeof name, "%s %s, %zu thread%s, work", names[w], rules[r],
                             threads, threads == 1 ? "" : "s");
                    report(bench, name, n_macs(widths[w]) * N_SAMPLES / own / 1e6, "GMAC/s");
                }
                if (r == 0 && threads == 2 && w < 2) {
                    report_peers(bench, widths[w], own);
                }
            }
        }
    }
}

/* One thread, 784-32 and 784-32-10, of what this machine's best vector instruction can do: the
 * kernels, and a whole iteration of a frozen policy as if it were nothing but their
 * multiplications. */
static void bench_of_peak(struct bench *bench) {
    static const char *const names[] = {"correlate 784-32", "dense 784-32", "static 784-32-10"};
    const struct core_options options = {.n_threads = 1};
    const struct shape shape = {
        .hidden = 32, .rule = "static", .n_threads = 1, .iterations = 100, .without_start = true};
    struct core *core = core_create(&options);
    struct rounds peak, work[3], shares[3];
    const size_t best = core != NULL ? best_instruction(core) : 0;
    char name[96];
    for (size_t i = 0; core != NULL && i < N_ROUNDS; i++) {
        peak.values[i] = bench_measure_peak(core, instructions[best].isa);
        work[0].values[i] = bench_measure_correlate(core, 32);
        work[1].values[i] = bench_measure_kernel(core, 32);
        work[2].values[i] =
            n_macs(32) * N_SAMPLES / bench_measure_shape(bench->folder, shape, "dense") / 1e6;
        for (size_t w = 0; w < 3; w++) {
            shares[w].values[i] = 100 * work[w].values[i] / peak.values[i];
        }
    }
    if (core != NULL && peak.values[0] > 0) {
        snprintf(name, sizeof name, "peak of %s", instructions[best].name);
        report_rounds(bench, name, &peak, "GMAC/s");
        for (size_t w = 0; w < 3; w++) {
            report_rounds(bench, names[w], &work[w], "GMAC/s");
            snprintf(name, sizeof name, "%s of the peak of %s", names[w], instructions[best].name);
            report_rounds(bench, name, &shares[w], "%");
        }
    }
    core_destroy(core);
}

/* A whole iteration of three_factor, a bit per sample, beside the same arithmetic in Python. */
static void bench_three_factor(struct bench *bench) {
    struct rounds own[2], others[N_PEERS], ratio;
    char name[96];
    bool has_peer = false;
    for (size_t i = 0; i < N_ROUNDS; i++) {
        double best = (double)NAN;
        for (size_t t = 0; t < 2; t++) {
            const struct shape shape = {.hidden = 32,
                                        .rule = "three_factor",
                                        .n_threads = t + 1,
                                        .iterations = 30,
                                        .without_start = true};
            own[t].values[i] = bench_measure_shape(bench->folder, shape, "auto");
        }
        for (size_t p = 0; p < N_PEERS; p++) {
            others[p].values[i] = measure_peer(peers[p], "three_factor", 32);
            best = fmin(best, others[p].values[i]);
        }
        ratio.values[i] = best / own[1].values[i];
        has_peer |= !isnan(best);
    }
    report_rounds(bench, "784-32-10 three_factor, 1 thread", &own[0], "ms an iteration");
    report_rounds(bench, "784-32-10 three_factor, 2 threads", &own[1], "ms an iteration");
    for (size_t p = 0; p < N_PEERS; p++) {
        snprintf(name, sizeof name, "784-32-10 three_factor, %s", peers[p]);
        if (!isnan(others[p].values[0])) {
            report_rounds(bench, name, &others[p], "ms an iteration");
        }
    }
    if (has_peer) {
        report_rounds(bench, "three_factor times faster than the better peer", &ratio, "times");
    }
}

/* How time grows with synapses (1,000 samples) and with samples (784-32-10): a frozen policy, one
 * thread, without the first product of all samples and weights, which is taken once a batch. */
static void bench_growth(struct bench *bench) {
    static const size_t widths[] = {492, 1966, 7864, 31450};
    static const size_t samples[] = {5000, 20000, 80000};
    char name[96];
    for (size_t w = 0; w < 4; w++) {
        const struct shape shape = {.hidden = widths[w],
                                    .rule = "static",
                                    .n_threads = 1,
                                    .iterations = w < 3 ? 256U >> (2 * w) : 4,
                                    .n_samples = 1000,
                                    .without_start = true};
        const double own = bench_measure_shape(bench->folder, shape, "auto");
        snprintf(name, sizeof name, "%.3g million synapses, 1,000 samples",
                 n_macs(widths[w]) / 1e6);
        report(bench, name, own, "ms an iteration");
    }
    for (size_t s = 0; s < 3; s++) {
        const struct shape shape = {.hidden = 32,
                                    .rule = "static",
                                    .n_threads = 1,
                                    .iterations = 400U >> (2 * s),
                                    .n_samples = samples[s],
                                    .without_start = true};
        snprintf(name, sizeof name, "784-32-10, %zu samples", samples[s]);
        report(bench, name, bench_measure_shape(bench->folder, shape, "auto"), "ms an iteration");
    }
}

/* The update of all sums alone, both ways: of the batch, which has to come from the third-level
 * cache, and of one that stays in the second. */
static void bench_updates(struct bench *bench) {
    static const size_t samples[] = {N_SAMPLES, 1000};
    char name[96];
    for (size_t i = 0; i < 4; i++) {
        const size_t n_samples = samples[i / 2], n_threads = 1 + i % 2;
        const struct core_options options = {.n_threads = n_threads};
        struct core *core = core_create(&options);
        if (core == NULL) {
            continue;
        }
        const double dense = 1e3 * bench_measure_update(core, n_samples, "dense");
        const double sparse = 1e3 * bench_measure_update(core, n_samples, "sparse");
        const char *plural = n_threads == 1 ? "" : "s";
        snprintf(name, sizeof name, "update, dense, %zu samples, %zu thread%s", n_samples,
                 n_threads, plural);
        report(bench, name, dense, "ms");
        snprintf(name, sizeof name, "update, sparse, %zu samples, %zu thread%s", n_samples,
                 n_threads, plural);
        report(bench, name, sparse, "ms");
        snprintf(name, sizeof name, "update, sparse times faster, %zu samples, %zu thread%s",
                 n_samples, n_threads, plural);
        report(bench, name, dense / sparse, "times");
        core_destroy(core);
    }
}

static void bench_paths(struct bench *bench) {
    char name[96];
    for (size_t n_threads = 1; n_threads <= 2; n_threads++) {
        const struct shape shape = {.rule = "win_stay", .n_threads = n_threads, .iterations = 2000};
        const double dense = bench_measure_shape(bench->folder, shape, "dense");
        const double sparse = bench_measure_shape(bench->folder, shape, "sparse");
        const char *plural = n_threads == 1 ? "" : "s";
        snprintf(name, sizeof name, "784-10 win_stay, dense path, %zu thread%s", n_threads, plural);
        report(bench, name, dense, "ms an iteration");
        snprintf(name, sizeof name, "784-10 win_stay, sparse path, %zu thread%s", n_threads,
                 plural);
        report(bench, name, sparse, "ms an iteration");
        snprintf(name, sizeof name, "sparse path times faster, %zu thread%s", n_threads, plural);
        report(bench, name, dense / sparse, "times");
    }
}

/* Actions of rank one beside those of all synapses, whose sums are taken by either path. The best
 * of several short runs, so that a busy machine shows both as they are. */
static void bench_rank_one(struct bench *bench) {
    enum { N_TRIES = 3 };
    static const char *const names[] = {"win_stay, dense path", "win_stay, either path", "rank1"};
    for (size_t n_threads = 1; n_threads <= 2; n_threads++) {
        double best[3] = {(double)NAN, (double)NAN, (double)NAN};
        const char *plural = n_threads == 1 ? "" : "s";
        char name[96];
        for (size_t i = 0; i < (size_t)3 * N_TRIES; i++) {
            const struct shape shape = {.hidden = 32,
                                        .rule = i % 3 < 2 ? "win_stay" : "rank1",
                                        .n_threads = n_threads,
                                        .iterations = 100,
                                        .without_start = true};
            best[i % 3] = fmin(best[i % 3], bench_measure_shape(bench->folder, shape,
                                                                i % 3 == 0 ? "dense" : "auto"));
        }
        for (size_t i = 0; i < 3; i++) {
            snprintf(name, sizeof name, "784-32-10 %s, %zu thread%s", names[i], n_threads, plural);
            report(bench, name, best[i], "ms an iteration");
        }
        snprintf(name, sizeof name, "rank1 times faster than dense, %zu thread%s", n_threads,
                 plural);
        report(bench, name, best[0] / best[2], "times");
    }
}

static void bench_boundary(struct bench *bench) {
    const struct shape boundary = {
        .hidden = 100, .rule = "static", .n_threads = 2, .iterations = 10000, .is_boundary = true};
    report(bench, "boundary 2-100-1, 10,000 iterations, 2 threads",
           10 * bench_measure_shape(bench->folder, boundary, "auto"), "s");
}

/* The same without what grows with the samples: by two batches, on to none. */
static double live_bytes_of_none(const struct bench *bench, size_t hidden, size_t *n_synapses) {
    return 2 * bench_live_bytes(bench->folder, hidden, 256, n_synapses) -
           bench_live_bytes(bench->folder, hidden, 512, n_synapses);
}

static void bench_memory(struct bench *bench) {
    size_t few = 0, many = 0;
    const double small = live_bytes_of_none(bench, 32, &few);
    const double large = live_bytes_of_none(bench, 1056, &many);
    report(bench, "memory beyond data and batch, by width", (large - small) / (double)(many - few),
           "bytes a synapse");
}

/* All parts ------------------------------------------------------------------------------------ */

static const struct part {
    const char *name;
    void (*run)(struct bench *bench);
} parts[] = {{"machine", bench_machine},       {"of_peak", bench_of_peak},
             {"updates", bench_updates},       {"three_factor", bench_three_factor},
             {"iterations", bench_iterations}, {"paths", bench_paths},
             {"rank_one", bench_rank_one},     {"boundary", bench_boundary},
             {"memory", bench_memory},         {"growth", bench_growth}};
enum { N_PARTS = COUNT_OF(parts) };

/* Sets wanted[p] for the parts that the words name: all, where they name none. */
static bool read_words(struct bench *bench, int argc, char **argv, bool wanted[N_PARTS]) {
    bool names_any = false;
    for (int i = 1; i < argc; i++) {
        bool is_known = strcmp(argv[i], "--json") == 0;
        bench->as_json |= is_known;
        for (size_t p = 0; p < N_PARTS; p++) {
            const bool is_named = strcmp(argv[i], parts[p].name) == 0;
            wanted[p] |= is_named;
            names_any |= is_named;
            is_known |= is_named;
        }
        if (!is_known) {
            fprintf(stderr,
                    "bench: \"%s\" is not one of its parts: machine, of_peak, updates, iterations, "
                    "three_factor, paths, rank_one, boundary, memory, growth; or --json\n",
                    argv[i]);
            return false;
        }
    }
    for (size_t p = 0; p < N_PARTS; p++) {
        wanted[p] |= !names_any;
    }
    return true;
}

int main(int argc, char **argv) {
    struct bench bench = {.as_json = false};
    bool wanted[N_PARTS] = {false};
    if (!read_words(&bench, argc, argv, wanted)) {
        return 2;
    }
    if (engine_isa() == NULL) {
        fprintf(stderr, "bench: SYNRL_ISA=%s: not supported by this CPU\n", getenv("SYNRL_ISA"));
        return 1;
    }
    bench.results = json_object();
    if (bench.results == NULL || !bench_write_data(bench.folder)) {
        fprintf(stderr, "bench: its data cannot be written to a temporary folder\n");
        json_decref(bench.results);
        return 1;
    }
    for (size_t p = 0; p < N_PARTS; p++) {
        if (wanted[p]) {
            parts[p].run(&bench);
        }
    }
    bench_remove_data(bench.folder);
    if (bench.as_json) {
        json_dumpf(bench.results, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
        printf("\n");
    }
    json_decref(bench.results);
    return 0;
}
