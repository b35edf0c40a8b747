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
    N_DATA = 80000,            /* of the data */
    N_INPUTS = BENCH_INPUTS,
    N_CLASSES = 10,
    REPEATS = 3
};

#define PEER_FOLDER "tests/bench"

struct bench {
    bool as_json;
    json_t *results;
    char folder[64]; /* of the data made for it */
};

/* One line, and one entry of the JSON. */
static void report(struct bench *bench, const char *name, double value, const char *unit) {
    json_object_set_new(bench->results, name, json_real(value));
    fprintf(bench->as_json ? stderr : stdout, "%-62s %10.4g %s\n", name, value, unit);
    fflush(stdout);
}

/* Data: random bytes as an IDX pair ------------------------------------------------------------ */

static bool write_idx(const struct bench *bench, const char *name, const uint8_t *header,
                      size_t header_size, size_t n, unsigned below) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return false;
    }
    fwrite(header, 1, header_size, file);
    uint32_t state = 1;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525U + 1013904223U;
        fputc((int)((state >> 16) % below), file);
    }
    return fclose(file) == 0;
}

static bool write_data(struct bench *bench) {
    static const uint8_t images[] = {0, 0, 8, 3, 0, 1, 0x38, 0x80, 0, 0, 0, 28, 0, 0, 0, 28};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 1, 0x38, 0x80};
    snprintf(bench->folder, sizeof bench->folder, "/tmp/synrl-bench-XXXXXX");
    return mkdtemp(bench->folder) != NULL &&
           write_idx(bench, "images", images, sizeof images, (size_t)N_DATA * N_INPUTS, 256) &&
           write_idx(bench, "labels", labels, sizeof labels, N_DATA, N_CLASSES);
}

static void remove_data(const struct bench *bench) {
    char path[128];
    snprintf(path, sizeof path, "%s/images", bench->folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/labels", bench->folder);
    unlink(path);
    rmdir(bench->folder);
}

/* Whole iterations ----------------------------------------------------------------------------- */

struct shape {
    size_t hidden;
    const char *rule, *policy_path;
    size_t n_threads;
    uint64_t iterations;
    bool is_boundary;
    size_t n_samples;   /* of a batch; 0: N_SAMPLES */
    bool without_start; /* of an iteration alone, not of what a run begins with */
};

static synrl_status set(struct component *component, const char *name, struct value value) {
    return component_set(component, name, &value);
}

static struct value string(const char *text) {
    return (struct value){.kind = VALUE_STRING, .as.string = text};
}

static struct value number(double x) {
    return (struct value){.kind = VALUE_NUMBER, .as.number = x};
}

static synrl_status make_data(struct core *core, const struct bench *bench,
                              const struct shape *shape, struct dataset **data) {
    struct component *component;
    char images[128], labels[128];
    SYNRL_TRY(component_create(core, SYNRL_KIND_DATASET, shape->is_boundary ? "boundary" : "idx",
                               &component));
    synrl_status status = SYNRL_OK;
    if (!shape->is_boundary) {
        snprintf(images, sizeof images, "%s/images", bench->folder);
        snprintf(labels, sizeof labels, "%s/labels", bench->folder);
        status = set(component, "images", string(images));
        status = status == SYNRL_OK ? set(component, "labels", string(labels)) : status;
    }
    status = status == SYNRL_OK ? component_finish(component) : status;
    status = status == SYNRL_OK ? dataset_create(core, component, data) : status;
    component_release(component);
    return status;
}

static synrl_status make_model(struct core *core, const struct shape *shape,
                               struct component **model) {
    const struct value sizes[] = {number(shape->is_boundary ? 2 : N_INPUTS),
                                  number((double)shape->hidden),
                                  number(shape->is_boundary ? 1 : N_CLASSES)};
    const struct value flat[] = {sizes[0], sizes[2]};
    const struct value layers = {
        .kind = VALUE_LIST,
        .as.list = {shape->hidden > 0 ? 3 : 2, shape->hidden > 0 ? sizes : flat}};
    SYNRL_TRY(component_create(core, SYNRL_KIND_MODEL, "mlp", model));
    SYNRL_TRY(set(*model, "layers", layers));
    SYNRL_TRY(set(*model, "init", number(shape->is_boundary ? 1.0 : 0.1)));
    SYNRL_TRY(set(*model, "activation", string(shape->is_boundary ? "tanh" : "relu")));
    SYNRL_TRY(set(*model, "output", string(shape->is_boundary ? "tanh" : "identity")));
    return component_finish(*model);
}

/* A table whose greedy actions change at nearly every iteration, as the golden policy's do. */
static synrl_status make_policy(struct core *core, synrl_policy **policy) {
    SYNRL_TRY(policy_create(core, 2, 2, 0, policy));
    for (uint32_t i = 0; i < 243; i++) {
        (*policy)->q[i] = (double)(i * 7919U % 1009U);
    }
    return SYNRL_OK;
}

static synrl_status make_rule(struct core *core, const struct shape *shape,
                              struct component **rule) {
    SYNRL_TRY(component_create(core, SYNRL_KIND_RULE, shape->rule, rule));
    if (strcmp(shape->rule, "static") == 0) {
        synrl_policy *policy;
        SYNRL_TRY(make_policy(core, &policy));
        const synrl_status status =
            set(*rule, "policy", (struct value){.kind = VALUE_POLICY, .as.policy = policy});
        policy_release(policy);
        SYNRL_TRY(status);
        SYNRL_TRY(set(*rule, "alpha_s", number(shape->is_boundary ? 1e-3 : 1e-4)));
        SYNRL_TRY(set(*rule, "epsilon", number(shape->is_boundary ? 0.25 : 0.1)));
    }
    return component_finish(*rule);
}

/* Seconds that so many iterations take, the best of some tries; NaN where they fail. */
static double time_run(struct core *core, struct train_options *options, uint64_t iterations) {
    double best = (double)NAN;
    options->iterations = options->record_every = iterations;
    for (int i = 0; i < REPEATS; i++) {
        struct trainer *trainer;
        struct summary summary;
        if (trainer_create(core, options, &trainer) != SYNRL_OK) {
            return (double)NAN;
        }
        const synrl_status status = trainer_run(trainer, 0, NULL);
        trainer_summary(trainer, &summary);
        trainer_destroy(trainer);
        if (status != SYNRL_OK) {
            return (double)NAN;
        }
        best = fmin(best, summary.seconds);
    }
    return best;
}

/* Seconds an iteration; NaN with the reason on stderr. */
static double run_shape(struct core *core, const struct bench *bench, const struct shape *shape) {
    struct train_options options = {.name = "bench", .seed = 1};
    const uint64_t n = shape->iterations;
    double seconds = (double)NAN;
    if (!shape->is_boundary) {
        options.batch_size = shape->n_samples > 0 ? shape->n_samples : N_SAMPLES;
    }
    if (make_data(core, bench, shape, &options.data) == SYNRL_OK &&
        make_model(core, shape, &options.model) == SYNRL_OK &&
        make_rule(core, shape, &options.rule) == SYNRL_OK &&
        component_create_default(core, SYNRL_KIND_LOSS,
                                 shape->is_boundary ? "euclidean" : "cross_entropy",
                                 &options.loss) == SYNRL_OK) {
        seconds = time_run(core, &options, n) / (double)n;
        if (shape->without_start) {
            seconds = (time_run(core, &options, 3 * n) - (double)n * seconds) / (double)(2 * n);
        }
    }
    if (isnan(seconds)) {
        fprintf(stderr, "bench: %s\n", core->message);
    }
    component_release(options.rule);
    component_release(options.loss);
    component_release(options.model);
    dataset_release(options.data);
    return seconds;
}

static double measure_shape(const struct bench *bench, struct shape shape, const char *path) {
    const struct core_options options = {.n_threads = shape.n_threads};
    setenv("SYNRL_PATH", path, 1);
    struct core *core = core_create(&options);
    const double seconds = core != NULL ? run_shape(core, bench, &shape) : (double)NAN;
    core_destroy(core);
    return 1e3 * seconds;
}

/* Memory --------------------------------------------------------------------------------------- */

static void *counted_allocate(void *context, size_t size) {
    size_t *live = context;
    size_t *memory = aligned_alloc(64, (size + 127) / 64 * 64);
    if (memory == NULL) {
        return NULL;
    }
    *memory = size;
    *live += size;
    return (char *)memory + 64;
}

static void counted_free(void *context, void *memory) {
    size_t *block = (size_t *)((char *)memory - 64);
    *(size_t *)context -= *block;
    free(block);
}

/* Bytes held while a network of this width trains with a static policy on a batch of so many. */
static double live_bytes(const struct bench *bench, size_t hidden, size_t n_samples,
                         size_t *n_synapses) {
    size_t live = 0;
    const struct allocator allocator = {&live, counted_allocate, counted_free};
    const struct core_options core_options = {.n_threads = 1, .allocator = &allocator};
    struct core *core = core_create(&core_options);
    const struct shape shape = {.hidden = hidden, .rule = "static", .iterations = 1};
    struct train_options options = {
        .name = "bench", .seed = 1, .iterations = 1, .batch_size = n_samples};
    struct trainer *trainer = NULL;
    double bytes = (double)NAN;
    if (core != NULL && make_data(core, bench, &shape, &options.data) == SYNRL_OK &&
        make_model(core, &shape, &options.model) == SYNRL_OK &&
        make_rule(core, &shape, &options.rule) == SYNRL_OK &&
        component_create_default(core, SYNRL_KIND_LOSS, "cross_entropy", &options.loss) ==
            SYNRL_OK &&
        trainer_create(core, &options, &trainer) == SYNRL_OK) {
        bytes = (double)live;
        *n_synapses = trainer_layout(trainer)->n_synapses;
    }
    trainer_destroy(trainer);
    component_release(options.rule);
    component_release(options.loss);
    component_release(options.model);
    dataset_release(options.data);
    core_destroy(core);
    return bytes;
}

/* Peers ---------------------------------------------------------------------------------------- */

/* Milliseconds an iteration of the same work in Python; NaN where it cannot be had. */
static double measure_peer(const char *name, size_t hidden) {
    char command[256];
    double best = (double)NAN;
    if (access(PEER_FOLDER, R_OK) != 0) {
        return best;
    }
    snprintf(command, sizeof command,
             "/usr/bin/python3 " PEER_FOLDER "/peer_%s.py %zu 100 2>/dev/null", name, hidden);
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
    static const char *const peers[] = {"numpy", "torch"};
    for (size_t p = 0; p < 2; p++) {
        char name[64];
        const double milliseconds = measure_peer(peers[p], hidden);
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
} instructions[] = {{"avx512", "vpdpbusd"}, {"amx", "tdpbsud"}};
enum { N_INSTRUCTIONS = COUNT_OF(instructions) };

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
        for (size_t o = 0; n_threads == 1 && o < 2; o++) {
            const double kernel = bench_measure_kernel(core, outputs[o]);
            snprintf(name, sizeof name, "dense kernel 784-%zu (%s)", outputs[o], engine_isa());
            report(bench, name, kernel, "GMAC/s");
            if (peaks[0] > 0) {
                snprintf(name, sizeof name, "dense kernel 784-%zu (%s) of the peak of %s",
                         outputs[o], engine_isa(), instructions[0].name);
                report(bench, name, 100 * kernel / peaks[0], "%");
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
                const double own = measure_shape(bench, shape, "auto");
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
        const double own = measure_shape(bench, shape, "auto");
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
        report(bench, name, measure_shape(bench, shape, "auto"), "ms an iteration");
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
        const double dense = measure_shape(bench, shape, "dense");
        const double sparse = measure_shape(bench, shape, "sparse");
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
            best[i % 3] =
                fmin(best[i % 3], measure_shape(bench, shape, i % 3 == 0 ? "dense" : "auto"));
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
           10 * measure_shape(bench, boundary, "auto"), "s");
}

/* The same without what grows with the samples: by two batches, on to none. */
static double live_bytes_of_none(const struct bench *bench, size_t hidden, size_t *n_synapses) {
    return 2 * live_bytes(bench, hidden, 256, n_synapses) -
           live_bytes(bench, hidden, 512, n_synapses);
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
} parts[] = {{"machine", bench_machine},       {"updates", bench_updates},
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
                    "bench: \"%s\" is not one of its parts: machine, updates, iterations, paths, "
                    "rank_one, boundary, memory, growth; or --json\n",
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
    if (bench.results == NULL || !write_data(&bench)) {
        fprintf(stderr, "bench: its data cannot be written to a temporary folder\n");
        json_decref(bench.results);
        return 1;
    }
    for (size_t p = 0; p < N_PARTS; p++) {
        if (wanted[p]) {
            parts[p].run(&bench);
        }
    }
    remove_data(&bench);
    if (bench.as_json) {
        json_dumpf(bench.results, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
        printf("\n");
    }
    json_decref(bench.results);
    return 0;
}
