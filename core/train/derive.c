/* SPDX-License-Identifier: MIT */
/* What only chooses samples refers to the arrays of the whole; what changes values has arrays of
 * its own. */
#include "train/derive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_build.h"
#include "engine/engine.h"
#include "train/classes.h"
#include "train/data_names.h"
#include "train/dataset_private.h"

enum { INPUTS, LABELS, TARGETS, NAMES, INPUT_NAMES }; /* in `owned` */

/* Choosing ------------------------------------------------------------------------------------- */

static synrl_status choose(struct dataset *data, const uint32_t *places, size_t n, json_t *how,
                           struct dataset **made) {
    *made = NULL;
    if (n < 1 || n > INT32_MAX) {
        json_decref(how);
        return core_fail(data->core, SYNRL_INVALID,
                         "a subset of %zu samples: must have at least one", n);
    }
    struct dataset *subset;
    synrl_status status = dataset_rows(data, places, n, &subset);
    if (status != SYNRL_OK) {
        json_decref(how);
        return status;
    }
    status = dataset_derived(subset, data, how);
    if (status != SYNRL_OK) {
        dataset_release(subset);
        return status;
    }
    *made = subset;
    return SYNRL_OK;
}

synrl_status dataset_subset(struct dataset *data, const uint32_t *places, size_t n,
                            struct dataset **made) {
    const size_t n_samples = data->data.n_samples;
    *made = NULL;
    for (size_t i = 0; i < n; i++) {
        if (places[i] >= n_samples) {
            return core_fail(data->core, SYNRL_INVALID,
                             "a subset with sample %zu: must be 1 .. %zu", (size_t)places[i] + 1,
                             n_samples);
        }
    }
    return choose(data, places, n,
                  json_pack("{s:s, s:I}", "by", "subset", "from", (json_int_t)n_samples), made);
}

/* A permutation of n, to be freed by core_free; NULL without memory. */
static uint32_t *permute(struct core *core, size_t n, uint64_t seed) {
    uint32_t *places = core_alloc(core, n, sizeof *places);
    const synrl_stream stream = {.seed = seed, .purpose = SYNRL_PURPOSE_SPLIT};
    if (places != NULL) {
        random_api.sample(stream, (uint32_t)n, (uint32_t)n, places);
    }
    return places;
}

synrl_status dataset_shuffle(struct dataset *data, uint64_t seed, struct dataset **made) {
    uint32_t *places = permute(data->core, data->data.n_samples, seed);
    *made = NULL;
    if (places == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status =
        choose(data, places, data->data.n_samples,
               json_pack("{s:s, s:I}", "by", "shuffle", "seed", (json_int_t)seed), made);
    core_free(data->core, places);
    return status;
}

static json_t *fold_json(size_t k, uint64_t seed, size_t fold, const char *part) {
    return json_pack("{s:s, s:I, s:I, s:I, s:s}", "by", "folds", "k", (json_int_t)k, "seed",
                     (json_int_t)seed, "fold", (json_int_t)fold + 1, "part", part);
}

synrl_status dataset_fold(struct dataset *data, size_t k, uint64_t seed, size_t fold,
                          struct dataset **train, struct dataset **valid) {
    const size_t n = data->data.n_samples;
    *train = *valid = NULL;
    if (k < 2 || k > n) {
        return core_fail(data->core, SYNRL_INVALID,
                         "%zu folds of %zu samples: must be 2 .. %zu, so that each has one", k, n,
                         n);
    }
    const size_t first = n / k * fold + (fold < n % k ? fold : n % k);
    const size_t size = n / k + (fold < n % k);
    uint32_t *places = permute(data->core, n, seed), *others = core_alloc(data->core, n, 4);
    synrl_status status = places != NULL && others != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        memcpy(others, places, first * sizeof *others);
        memcpy(others + first, places + first + size, (n - first - size) * sizeof *others);
        status = choose(data, others, n - size, fold_json(k, seed, fold, "train"), train);
    }
    if (status == SYNRL_OK) {
        status = choose(data, places + first, size, fold_json(k, seed, fold, "valid"), valid);
    }
    if (status != SYNRL_OK) {
        dataset_release(*train);
        *train = NULL;
    }
    core_free(data->core, places);
    core_free(data->core, others);
    return status;
}

/* Classes -------------------------------------------------------------------------------------- */

static synrl_status check_names(struct core *core, size_t n, const char *const *names) {
    if (n < 2 || n > INT32_MAX) {
        return core_fail(core, SYNRL_INVALID, "classes: %zu names: must be at least 2", n);
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < a; b++) {
            if (strcmp(names[a], names[b]) == 0) {
                return core_fail(core, SYNRL_INVALID, "classes: \"%.80s\" is listed twice",
                                 names[a]);
            }
        }
    }
    return SYNRL_OK;
}

/* The name of a class; data without names calls them by number, from 0. */
static const char *name_of(const synrl_data *data, size_t c, char number[24]) {
    if (data->class_names != NULL) {
        return data->class_names[c];
    }
    snprintf(number, 24, "%zu", c);
    return number;
}

/* map[c]: the place of class c among the names; -1 where it is not. */
static void map_names(const synrl_data *data, size_t n, const char *const *names, int32_t *map) {
    char number[24];
    for (size_t c = 0; c < data->n_classes; c++) {
        const char *name = name_of(data, c, number);
        map[c] = -1;
        for (size_t i = 0; i < n && map[c] < 0; i++) {
            map[c] = strcmp(names[i], name) == 0 ? (int32_t)i : -1;
        }
    }
}

/* The places of samples whose class is mapped; *n of them. Refuses the first that is not, unless
 * others are left out. */
static synrl_status find_mapped(const struct dataset *data, const int32_t *map, bool leaves_out,
                                uint32_t *places, size_t *n) {
    *n = 0;
    for (size_t s = 0; s < data->data.n_samples; s++) {
        const int32_t label = data->data.labels[dataset_row(data, s)];
        char number[24];
        if (map[label] >= 0) {
            places[(*n)++] = (uint32_t)s;
        } else if (!leaves_out) {
            return core_fail(data->core, SYNRL_INVALID,
                             "classes: sample %zu is of class \"%.80s\", which is not listed; "
                             "data:subset { classes = {...} } leaves such samples out",
                             s + 1, name_of(&data->data, (size_t)label, number));
        }
    }
    return *n > 0 ? SYNRL_OK
                  : core_fail(data->core, SYNRL_INVALID, "classes: no sample is of one of them");
}

static json_t *classes_json(size_t n, const char *const *names) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        list = json_appended(list, json_text_bytes(names[i]));
    }
    return list;
}

/* The samples at n places, relabelled. */
static synrl_status map_labels(struct dataset *data, int32_t *map, const uint32_t *places, size_t n,
                               size_t n_classes, const char *const *class_names,
                               struct dataset **made) {
    struct dataset *some, *relabelled;
    for (size_t c = 0; c < data->data.n_classes; c++) {
        map[c] = map[c] >= 0 ? map[c] : 0; /* of no sample that is left */
    }
    SYNRL_TRY(dataset_rows(data, places, n, &some));
    synrl_status status = dataset_relabel(some, map, n_classes, class_names, &relabelled);
    dataset_release(some);
    SYNRL_TRY(status);
    relabelled->is_renumbered = false;
    status = dataset_derived(
        relabelled, data,
        json_pack("{s:s, s:o}", "by", "classes", "classes", classes_json(n_classes, class_names)));
    if (status != SYNRL_OK) {
        dataset_release(relabelled);
        return status;
    }
    *made = relabelled;
    return SYNRL_OK;
}

synrl_status dataset_with_classes(struct dataset *data, size_t n_classes,
                                  const char *const *class_names, bool leaves_out,
                                  struct dataset **made) {
    struct core *core = data->core;
    size_t n;
    *made = NULL;
    if (data->data.labels == NULL) {
        return core_fail(core, SYNRL_INVALID, "classes: dataset \"%s\" has no labels",
                         dataset_id(data));
    }
    SYNRL_TRY(check_names(core, n_classes, class_names));
    int32_t *map = core_alloc(core, data->data.n_classes, sizeof *map);
    uint32_t *places = core_alloc(core, data->data.n_samples, sizeof *places);
    synrl_status status = map != NULL && places != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        map_names(&data->data, n_classes, class_names, map);
        status = find_mapped(data, map, leaves_out, places, &n);
    }
    if (status == SYNRL_OK) {
        status = map_labels(data, map, places, n, n_classes, class_names, made);
    }
    core_free(core, map);
    core_free(core, places);
    return status;
}

/* Values --------------------------------------------------------------------------------------- */

double dataset_input(const struct dataset *dataset, size_t sample, size_t input) {
    const synrl_data *data = &dataset->data;
    const size_t at = dataset_row(dataset, sample) * data->n_inputs + input;
    return data->format == SYNRL_INPUT_BYTES
               ? (double)((const uint8_t *)data->inputs)[at] * (double)data->scale
               : (double)((const float *)data->inputs)[at];
}

/* A data set like this one of n samples, with arrays to be filled: of bytes where `has_bytes`. */
static synrl_status make_arrays(struct dataset *like, size_t n, bool has_bytes,
                                struct dataset **made) {
    struct core *core = like->core;
    struct dataset *dataset = dataset_allocate(core, like->component);
    const synrl_data *data = &like->data;
    *made = dataset;
    if (dataset == NULL) {
        return SYNRL_NO_MEMORY;
    }
    dataset->data = *data;
    dataset->data.n_samples = n;
    dataset->data.format = has_bytes ? SYNRL_INPUT_BYTES : SYNRL_INPUT_F32;
    dataset->data.scale = has_bytes ? data->scale : 0.0F;
    dataset->data.inputs = dataset->owned[INPUTS] =
        core_alloc(core, n, data->n_inputs * (has_bytes ? 1 : sizeof(float)));
    bool has_all = dataset->data.inputs != NULL;
    if (data->labels != NULL) {
        dataset->data.labels = dataset->owned[LABELS] = core_alloc(core, n, sizeof(int32_t));
        has_all = has_all && dataset->data.labels != NULL;
    }
    if (data->targets != NULL) {
        dataset->data.targets = dataset->owned[TARGETS] =
            core_alloc(core, n, data->n_targets * sizeof(float));
        has_all = has_all && dataset->data.targets != NULL;
    }
    if (has_all && data->class_names != NULL) {
        const char *const *names = NULL;
        has_all = class_names_copy(core, data->n_classes, data->class_names, &names) == SYNRL_OK;
        dataset->owned[NAMES] = (void *)names;
        dataset->data.class_names = names;
    }
    if (has_all && data->input_names != NULL) {
        const char *const *names = NULL;
        has_all = class_names_copy(core, data->n_inputs, data->input_names, &names) == SYNRL_OK;
        dataset->owned[INPUT_NAMES] = (void *)names;
        dataset->data.input_names = names;
    }
    dataset->data.sample_names = NULL; /* data_names_take */
    dataset->data.sample_numbers = NULL;
    if (!has_all) {
        dataset_release(dataset);
        *made = NULL;
        return SYNRL_NO_MEMORY;
    }
    return SYNRL_OK;
}

/* Copies labels and targets of all samples of `from` to those from `first` on. */
static void copy_answers(struct dataset *to, size_t first, const struct dataset *from) {
    const size_t width = from->data.n_targets;
    int32_t *labels = to->owned[LABELS];
    float *targets = to->owned[TARGETS];
    for (size_t s = 0; s < from->data.n_samples; s++) {
        const size_t row = dataset_row(from, s);
        if (labels != NULL) {
            labels[first + s] = from->data.labels[row];
        }
        if (targets != NULL) {
            memcpy(targets + (first + s) * width, from->data.targets + row * width,
                   width * sizeof *targets);
        }
    }
}

static void copy_inputs(struct dataset *to, size_t first, const struct dataset *from) {
    const size_t n = to->data.n_inputs;
    for (size_t s = 0; s < from->data.n_samples; s++) {
        if (to->data.format == SYNRL_INPUT_BYTES) {
            memcpy((uint8_t *)to->owned[INPUTS] + (first + s) * n,
                   (const uint8_t *)from->data.inputs + dataset_row(from, s) * n, n);
            continue;
        }
        float *out = (float *)to->owned[INPUTS] + (first + s) * n;
        for (size_t i = 0; i < n; i++) {
            out[i] = (float)dataset_input(from, s, i);
        }
    }
}

/* Ends what makes a data set: it is released unless it says how it came about. */
static synrl_status finish(struct dataset *dataset, const struct dataset *data, json_t *how,
                           struct dataset **made) {
    const synrl_status status = dataset_derived(dataset, data, how);
    if (status != SYNRL_OK) {
        dataset_release(dataset);
        return status;
    }
    *made = dataset;
    return SYNRL_OK;
}

static synrl_status check_alike(const struct dataset *first, const struct dataset *second) {
    const synrl_data *a = &first->data, *b = &second->data;
    const bool has_same =
        (a->labels != NULL) == (b->labels != NULL) && (a->targets != NULL) == (b->targets != NULL);
    if (a->n_inputs != b->n_inputs || a->n_targets != b->n_targets) {
        return core_fail(first->core, SYNRL_INVALID,
                         "concat: %zu inputs and %zu targets, and %zu inputs and %zu targets: must "
                         "be equal",
                         a->n_inputs, a->n_targets, b->n_inputs, b->n_targets);
    }
    if (a->labels != NULL && b->labels != NULL && a->n_classes != b->n_classes &&
        (a->class_names != NULL) != (b->class_names != NULL)) {
        return core_fail(first->core, SYNRL_INVALID,
                         "concat: %zu classes, and %zu classes without names", a->n_classes,
                         b->n_classes);
    }
    if (!has_same) {
        return core_fail(first->core, SYNRL_INVALID,
                         "concat: one has labels or targets that the other has not");
    }
    return a->n_samples <= INT32_MAX - b->n_samples
               ? SYNRL_OK
               : core_fail(first->core, SYNRL_INVALID, "concat: %zu and %zu samples are too many",
                           a->n_samples, b->n_samples);
}

synrl_status dataset_concat(struct dataset *first, struct dataset *second, struct dataset **made) {
    struct dataset *matched = NULL, *both = NULL;
    struct classes classes;
    *made = NULL;
    SYNRL_TRY(check_alike(first, second));
    SYNRL_TRY(classes_of(first, &classes));
    synrl_status status = classes_match(&classes, second, &matched);
    classes_free(first->core, &classes);
    SYNRL_TRY(status);
    const bool has_bytes = first->data.format == SYNRL_INPUT_BYTES &&
                           second->data.format == SYNRL_INPUT_BYTES &&
                           first->data.scale == second->data.scale;
    const size_t n = first->data.n_samples;
    status = make_arrays(first, n + matched->data.n_samples, has_bytes, &both);
    if (status == SYNRL_OK) {
        if (matched->data.n_classes > both->data.n_classes) {
            both->data.n_classes = matched->data.n_classes; /* classes without names */
        }
        copy_inputs(both, 0, first);
        copy_inputs(both, n, matched);
        copy_answers(both, 0, first);
        copy_answers(both, n, matched);
        status = data_names_take(both, 2, (const struct dataset *const[]){first, matched});
        if (status != SYNRL_OK) {
            dataset_release(both);
        }
    }
    if (status == SYNRL_OK) {
        status =
            finish(both, first,
                   json_pack("{s:s, s:o}", "by", "concat", "with", dataset_json(second)), made);
    }
    dataset_release(matched);
    return status;
}

/* Normalising ---------------------------------------------------------------------------------- */

void dataset_statistics(const struct dataset *data, size_t n, struct statistics *statistics) {
    const size_t n_inputs = data->data.n_inputs, n_samples = data->data.n_samples;
    const double count = (double)n_samples * (n == 1 ? (double)n_inputs : 1.0);
    for (size_t c = 0; c < n; c++) {
        statistics[c] = (struct statistics){.min = (double)INFINITY, .max = -(double)INFINITY};
    }
    for (size_t s = 0; s < n_samples; s++) {
        for (size_t i = 0; i < n_inputs; i++) {
            struct statistics *of = &statistics[n == 1 ? 0 : i];
            const double value = dataset_input(data, s, i);
            of->mean += value;
            of->min = value < of->min ? value : of->min;
            of->max = value > of->max ? value : of->max;
        }
    }
    for (size_t c = 0; c < n; c++) {
        statistics[c].mean /= count;
    }
    for (size_t s = 0; s < n_samples; s++) {
        for (size_t i = 0; i < n_inputs; i++) {
            struct statistics *of = &statistics[n == 1 ? 0 : i];
            const double off = dataset_input(data, s, i) - of->mean;
            of->stdev += off * off;
        }
    }
    for (size_t c = 0; c < n; c++) {
        statistics[c].stdev = sqrt(statistics[c].stdev / count);
    }
}

static json_t *numbers_json(size_t n, const double *values) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        list = json_appended(list, json_real(values[i]));
    }
    return list;
}

static synrl_status check_normalisation(const struct dataset *data,
                                        const struct normalisation *normalisation) {
    if (normalisation->n != 1 && normalisation->n != data->data.n_inputs) {
        return core_fail(data->core, SYNRL_INVALID,
                         "normalise: centre and scale for %zu inputs, and the data has %zu: must "
                         "be as many, or one for all",
                         normalisation->n, data->data.n_inputs);
    }
    for (size_t i = 0; i < normalisation->n; i++) {
        if (!isfinite(normalisation->centre[i]) || !isfinite(normalisation->scale[i]) ||
            normalisation->scale[i] == 0) {
            return core_fail(data->core, SYNRL_INVALID,
                             "normalise: input %zu has centre %g and scale %g: must be finite, and "
                             "the scale not 0",
                             i + 1, normalisation->centre[i], normalisation->scale[i]);
        }
    }
    return SYNRL_OK;
}

static synrl_status fill_normalised(struct dataset *made, const struct dataset *data,
                                    const struct normalisation *normalisation) {
    const size_t n = data->data.n_inputs;
    float *out = made->owned[INPUTS];
    for (size_t s = 0; s < data->data.n_samples; s++) {
        for (size_t i = 0; i < n; i++) {
            const size_t c = normalisation->n == 1 ? 0 : i;
            const float value = (float)((dataset_input(data, s, i) - normalisation->centre[c]) /
                                        normalisation->scale[c]);
            if (!isfinite(value)) {
                return core_fail(data->core, SYNRL_INVALID,
                                 "normalise: input %zu of sample %zu becomes %g: must be finite",
                                 i + 1, s + 1, (double)value);
            }
            out[s * n + i] = value;
        }
    }
    return SYNRL_OK;
}

synrl_status dataset_normalise(struct dataset *data, const struct normalisation *normalisation,
                               struct dataset **made) {
    struct dataset *dataset;
    *made = NULL;
    SYNRL_TRY(check_normalisation(data, normalisation));
    SYNRL_TRY(make_arrays(data, data->data.n_samples, false, &dataset));
    synrl_status status = fill_normalised(dataset, data, normalisation);
    if (status == SYNRL_OK) {
        status = data_names_take(dataset, 1, (const struct dataset *const[]){data});
    }
    if (status != SYNRL_OK) {
        dataset_release(dataset);
        return status;
    }
    copy_answers(dataset, 0, data);
    return finish(dataset, data,
                  json_pack("{s:s, s:o, s:o}", "by", "normalise", "centre",
                            numbers_json(normalisation->n, normalisation->centre), "scale",
                            numbers_json(normalisation->n, normalisation->scale)),
                  made);
}

/* Autoencoding --------------------------------------------------------------------------------- */

static void fill_targets(struct dataset *made) {
    const size_t n = made->data.n_inputs;
    float *targets = made->owned[TARGETS];
    for (size_t s = 0; s < made->data.n_samples; s++) {
        for (size_t i = 0; i < n; i++) {
            targets[s * n + i] = (float)dataset_input(made, s, i);
        }
    }
}

synrl_status dataset_autoencode(struct dataset *data, struct dataset **made) {
    struct dataset like = {.core = data->core, .component = data->component, .data = data->data};
    struct dataset *dataset;
    *made = NULL;
    like.data.labels = NULL;
    like.data.n_classes = 0;
    like.data.class_names = NULL;
    like.data.targets = data->data.inputs; /* there are some */
    like.data.n_targets = data->data.n_inputs;
    SYNRL_TRY(
        make_arrays(&like, data->data.n_samples, data->data.format == SYNRL_INPUT_BYTES, &dataset));
    const synrl_status status = data_names_take(dataset, 1, (const struct dataset *const[]){data});
    if (status != SYNRL_OK) {
        dataset_release(dataset);
        return status;
    }
    copy_inputs(dataset, 0, data);
    fill_targets(dataset);
    return finish(dataset, data, json_pack("{s:s}", "by", "autoencode"), made);
}

const json_t *dataset_derivation(const struct dataset *dataset) {
    return dataset->derivation;
}

/* Values given --------------------------------------------------------------------------------- */

static synrl_status refuse_to_make(const synrl_host *host, const void *config, void *self,
                                   synrl_data *data) {
    (void)config;
    (void)self;
    (void)data;
    return host->fail(host, SYNRL_UNSUPPORTED, "is made of values by synrl.data");
}

static const struct plugin values_plugin = {
    .file = "built in",
    .entry = &(const synrl_plugin){
        SYNRL_ENTRY(SYNRL_KIND_DATASET, data, "1.0.0", "values given by a script", "none"),
        .ops = &(const synrl_dataset_ops){
            .size = sizeof(synrl_dataset_ops), .self_size = 1, .create = refuse_to_make}}};

/* Copies of the arrays, in place of those given. */
static synrl_status copy_values(struct dataset *dataset, const synrl_data *values) {
    struct dataset given = {
        .core = dataset->core, .component = dataset->component, .data = *values};
    struct dataset *copy;
    SYNRL_TRY(make_arrays(&given, values->n_samples, values->format == SYNRL_INPUT_BYTES, &copy));
    copy_inputs(copy, 0, &given);
    copy_answers(copy, 0, &given);
    dataset->data = copy->data;
    memcpy(dataset->owned, copy->owned, sizeof copy->owned);
    memset(copy->owned, 0, sizeof copy->owned);
    dataset_release(copy);
    return SYNRL_OK;
}

synrl_status dataset_of_values(struct core *core, const synrl_data *values, struct dataset **made) {
    struct component *component;
    *made = NULL;
    SYNRL_TRY(component_create_of(core, &values_plugin, &component));
    synrl_status status = component_finish(component);
    struct dataset *dataset = status == SYNRL_OK ? dataset_allocate(core, component) : NULL;
    component_release(component);
    SYNRL_TRY(status);
    if (dataset == NULL) {
        return SYNRL_NO_MEMORY;
    }
    dataset->data = *values;
    status = dataset_check(dataset);
    if (status == SYNRL_OK) {
        status = copy_values(dataset, values);
    }
    if (status != SYNRL_OK) {
        dataset_release(dataset);
        return status;
    }
    *made = dataset;
    return SYNRL_OK;
}
