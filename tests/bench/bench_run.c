/* SPDX-License-Identifier: MIT */
/* Whole iterations of a run, and the memory that it holds, for the benchmark's parts. */
#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/host.h"
#include "policy/policy.h"
#include "train/trainer.h"

enum {
    N_DATA = 80000, /* samples of the data */
    N_INPUTS = BENCH_INPUTS,
    REPEATS = 3
};

/* Data: random bytes as an IDX pair ------------------------------------------------------------ */

static bool write_idx(const char *folder, const char *name, const uint8_t *header,
                      size_t header_size, size_t n, unsigned below) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
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

bool bench_write_data(char folder[BENCH_FOLDER_MAX]) {
    static const uint8_t images[] = {0, 0, 8, 3, 0, 1, 0x38, 0x80, 0, 0, 0, 28, 0, 0, 0, 28};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 1, 0x38, 0x80};
    snprintf(folder, BENCH_FOLDER_MAX, "/tmp/synrl-bench-XXXXXX");
    return mkdtemp(folder) != NULL &&
           write_idx(folder, "images", images, sizeof images, (size_t)N_DATA * N_INPUTS, 256) &&
           write_idx(folder, "labels", labels, sizeof labels, N_DATA, BENCH_CLASSES);
}

void bench_remove_data(const char *folder) {
    char path[128];
    snprintf(path, sizeof path, "%s/images", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/labels", folder);
    unlink(path);
    rmdir(folder);
}

/* Whole iterations ----------------------------------------------------------------------------- */

static synrl_status set(struct component *component, const char *name, struct value value) {
    return component_set(component, name, &value);
}

static struct value string(const char *text) {
    return (struct value){.kind = VALUE_STRING, .as.string = text};
}

static struct value number(double x) {
    return (struct value){.kind = VALUE_NUMBER, .as.number = x};
}

static synrl_status make_data(struct core *core, const char *folder, const struct shape *shape,
                              struct dataset **data) {
    struct component *component;
    char images[128], labels[128];
    SYNRL_TRY(component_create(core, SYNRL_KIND_DATASET, shape->is_boundary ? "boundary" : "idx",
                               &component));
    synrl_status status = SYNRL_OK;
    if (!shape->is_boundary) {
        snprintf(images, sizeof images, "%s/images", folder);
        snprintf(labels, sizeof labels, "%s/labels", folder);
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
                                  number(shape->is_boundary ? 1 : BENCH_CLASSES)};
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
static double run_shape(struct core *core, const char *folder, const struct shape *shape) {
    struct train_options options = {.name = "bench", .seed = 1, .reward_group = 1};
    const uint64_t n = shape->iterations;
    double seconds = (double)NAN;
    if (!shape->is_boundary) {
        options.batch_size = shape->n_samples > 0 ? shape->n_samples : BENCH_SAMPLES;
    }
    if (make_data(core, folder, shape, &options.data) == SYNRL_OK &&
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

double bench_measure_shape(const char *folder, struct shape shape, const char *path) {
    const struct core_options options = {.n_threads = shape.n_threads};
    setenv("SYNRL_PATH", path, 1);
    struct core *core = core_create(&options);
    const double seconds = core != NULL ? run_shape(core, folder, &shape) : (double)NAN;
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

double bench_live_bytes(const char *folder, size_t hidden, size_t n_samples, size_t *n_synapses) {
    size_t live = 0;
    const struct allocator allocator = {&live, counted_allocate, counted_free};
    const struct core_options core_options = {.n_threads = 1, .allocator = &allocator};
    struct core *core = core_create(&core_options);
    const struct shape shape = {.hidden = hidden, .rule = "static", .iterations = 1};
    struct train_options options = {
        .name = "bench", .seed = 1, .iterations = 1, .batch_size = n_samples};
    struct trainer *trainer = NULL;
    double bytes = (double)NAN;
    if (core != NULL && make_data(core, folder, &shape, &options.data) == SYNRL_OK &&
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
