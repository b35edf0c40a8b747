/* SPDX-License-Identifier: MIT */
/* Data sets at work. Invariant: whatever a data set holds has been checked: sizes, finite values,
 * labels in range. A subset holds a reference to the whole, and the rows it consists of. */
#include "train/dataset.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The state of a running hash on the stack. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "base/count.h"
#include "base/reads.h"
#include "engine/engine.h"
#include "plugin/host.h"
#include "train/dataset_private.h"

/* Checking ------------------------------------------------------------------------------------- */

#define REFUSE(dataset, format, ...) \
    core_fail((dataset)->core, SYNRL_INVALID, "%s: " format, (dataset)->host.who, __VA_ARGS__)

static synrl_status check_sizes(const struct dataset *dataset) {
    const synrl_data *data = &dataset->data;
    if (data->size < offsetof(synrl_data, input_names)) { /* what ABI 3.0 had */
        return REFUSE(dataset, "the size of its data is %u: must be sizeof(synrl_data), %zu",
                      data->size, sizeof *data);
    }
    if (data->n_samples < 1 || data->n_samples > INT32_MAX || data->n_inputs < 1 ||
        data->n_inputs > INT32_MAX) {
        return REFUSE(dataset, "%zu samples of %zu inputs: both must be 1 .. %d", data->n_samples,
                      data->n_inputs, INT32_MAX);
    }
    return SYNRL_OK;
}

/* Whether the process has memory at all of these addresses. */
static bool is_memory(const void *array, size_t size) {
    enum { PAGES_AT_ONCE = 1024 };
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), end = (uintptr_t)array + size;
    unsigned char pages[PAGES_AT_ONCE];
    for (uintptr_t at = (uintptr_t)array / page * page; at < end; at += PAGES_AT_ONCE * page) {
        const size_t left = end - at, most = PAGES_AT_ONCE * page;
        if (mincore((void *)at, left < most ? left : most, pages) != 0 && errno == ENOMEM) {
            return false;
        }
    }
    return true;
}

/* An array of n values in a row per sample, where the host knows how much memory it has. */
static synrl_status check_array(const struct dataset *dataset, const char *what, const void *array,
                                size_t n, size_t size) {
    const size_t has = host_block_size(&dataset->host.api, array);
    const size_t per_sample = n * size;
    if (has == SIZE_MAX && (dataset->data.n_samples > SIZE_MAX / 2 / per_sample ||
                            !is_memory(array, dataset->data.n_samples * per_sample))) {
        return REFUSE(dataset, "its %s, %zu samples of %zu bytes, are not all in memory", what,
                      dataset->data.n_samples, per_sample);
    }
    return has / per_sample >= dataset->data.n_samples
               ? SYNRL_OK
               : REFUSE(dataset, "its %s have %zu bytes: %zu samples of %zu bytes need more", what,
                        has, dataset->data.n_samples, per_sample);
}

static synrl_status check_inputs(const struct dataset *dataset) {
    const synrl_data *data = &dataset->data;
    if (data->inputs == NULL) {
        return REFUSE(dataset, "%s", "gives no inputs");
    }
    if (data->format != SYNRL_INPUT_F32 && data->format != SYNRL_INPUT_BYTES) {
        return REFUSE(dataset, "the format of its inputs is %d: must be %d, floats, or %d, bytes",
                      (int)data->format, SYNRL_INPUT_F32, SYNRL_INPUT_BYTES);
    }
    if (data->format == SYNRL_INPUT_BYTES && !(data->scale > 0.0F && isfinite(data->scale))) {
        return REFUSE(dataset, "the scale of its bytes is %g: must be greater than 0",
                      (double)data->scale);
    }
    return check_array(dataset, "inputs", data->inputs, data->n_inputs,
                       data->format == SYNRL_INPUT_BYTES ? 1 : sizeof(float));
}

static synrl_status check_targets(const struct dataset *dataset) {
    const synrl_data *data = &dataset->data;
    if (data->targets == NULL && data->n_targets != 0) {
        return REFUSE(dataset, "has n_targets = %zu, and no targets: must be 0", data->n_targets);
    }
    if (data->targets != NULL && (data->n_targets < 1 || data->n_targets > INT32_MAX)) {
        return REFUSE(dataset, "targets of %zu values: must be 1 .. %d", data->n_targets,
                      INT32_MAX);
    }
    if (data->targets != NULL) {
        SYNRL_TRY(check_array(dataset, "targets", data->targets, data->n_targets, sizeof(float)));
    }
    return data->labels == NULL ? SYNRL_OK
                                : check_array(dataset, "labels", data->labels, 1, sizeof(int32_t));
}

static synrl_status check_classes(const struct dataset *dataset) {
    const synrl_data *data = &dataset->data;
    if (data->labels != NULL && (data->n_classes < 2 || data->n_classes > INT32_MAX)) {
        return REFUSE(dataset, "has %zu classes: must be at least 2", data->n_classes);
    }
    if (data->labels == NULL && data->n_classes != 0 &&
        !(data->n_classes == 2 && data->n_targets == 1)) {
        return REFUSE(dataset, "%zu classes of %zu targets, and no labels: must be none, or 2 of 1",
                      data->n_classes, data->n_targets);
    }
    for (size_t c = 0; data->class_names != NULL && c < data->n_classes; c++) {
        if (data->class_names[c] == NULL) {
            return REFUSE(dataset, "class %zu has no name", c);
        }
    }
    return SYNRL_OK;
}

static synrl_status check_names(const struct dataset *dataset) {
    const synrl_data *data = &dataset->data;
    if (data->input_names != NULL) {
        const size_t has = host_block_size(&dataset->host.api, data->input_names);
        if (has / sizeof(char *) < data->n_inputs) {
            return REFUSE(dataset, "its input_names have %zu bytes: %zu names need more", has,
                          data->n_inputs);
        }
    }
    if (data->sample_names != NULL) {
        SYNRL_TRY(check_array(dataset, "sample_names", data->sample_names, 1, sizeof(char *)));
    }
    if (data->sample_numbers != NULL) {
        SYNRL_TRY(
            check_array(dataset, "sample_numbers", data->sample_numbers, 1, sizeof(uint32_t)));
    }
    for (size_t i = 0; data->input_names != NULL && i < data->n_inputs; i++) {
        if (data->input_names[i] == NULL) {
            return REFUSE(dataset, "input %zu has no name", i + 1);
        }
    }
    for (size_t s = 0; data->sample_names != NULL && s < data->n_samples; s++) {
        if (data->sample_names[s] == NULL) {
            return REFUSE(dataset, "sample %zu has no name", s + 1);
        }
    }
    return SYNRL_OK;
}

/* By division, since a product might overflow. */
static synrl_status check_shape(const struct dataset *dataset) {
    const synrl_data *data = &dataset->data;
    if (data->n_steps > 0 && data->n_inputs % data->n_steps != 0) {
        return REFUSE(dataset,
                      "sequences of %zu steps from %zu inputs: must be a whole number per "
                      "step",
                      data->n_steps, data->n_inputs);
    }
    if (data->height == 0 && data->width == 0 && data->n_channels == 0) {
        return SYNRL_OK;
    }
    const size_t sides[] = {data->height, data->width, data->n_channels};
    size_t left = data->n_inputs;
    for (size_t s = 0; s < SYNRL_COUNT(sides); s++) {
        left = sides[s] > 0 && left % sides[s] == 0 ? left / sides[s] : 0;
    }
    return left == 1 ? SYNRL_OK
                     : REFUSE(dataset, "pictures of %zu x %zu x %zu from %zu inputs: must be equal",
                              data->height, data->width, data->n_channels, data->n_inputs);
}

static synrl_status check_finite(const struct dataset *dataset, const char *what,
                                 const float *values, size_t n_columns) {
    for (size_t i = 0; i < dataset->data.n_samples * n_columns; i++) {
        if (!isfinite(values[i])) {
            return REFUSE(dataset, "%s %zu of sample %zu is %g: must be finite", what,
                          i % n_columns + 1, i / n_columns + 1, (double)values[i]);
        }
    }
    return SYNRL_OK;
}

static synrl_status check_values(const struct dataset *dataset) {
    const synrl_data *data = &dataset->data;
    if (data->format == SYNRL_INPUT_F32) {
        SYNRL_TRY(check_finite(dataset, "input", data->inputs, data->n_inputs));
    }
    if (data->targets != NULL) {
        SYNRL_TRY(check_finite(dataset, "target", data->targets, data->n_targets));
    }
    for (size_t s = 0; data->labels != NULL && s < data->n_samples; s++) {
        if (data->labels[s] < 0 || (size_t)data->labels[s] >= data->n_classes) {
            return REFUSE(dataset, "the label of sample %zu is %d: must be 0 .. %zu", s + 1,
                          data->labels[s], data->n_classes - 1);
        }
    }
    return SYNRL_OK;
}

synrl_status dataset_check(const struct dataset *dataset) {
    SYNRL_TRY(check_sizes(dataset));
    SYNRL_TRY(check_inputs(dataset));
    SYNRL_TRY(check_targets(dataset));
    SYNRL_TRY(check_classes(dataset));
    SYNRL_TRY(check_shape(dataset));
    SYNRL_TRY(check_names(dataset));
    return check_values(dataset);
}

/* Making --------------------------------------------------------------------------------------- */

struct dataset *dataset_allocate(struct core *core, struct component *component) {
    struct dataset *dataset = core_alloc(core, 1, sizeof *dataset);
    if (dataset != NULL) {
        dataset->core = core;
        dataset->references = 1;
        dataset->component = component_retain(component);
        host_init(&dataset->host, core, SYNRL_KIND_DATASET, component_plugin(component)->entry->id);
    }
    return dataset;
}

static const synrl_dataset_ops *dataset_ops(const struct dataset *dataset) {
    return component_plugin(dataset->component)->entry->ops;
}

static synrl_status create_instance(struct dataset *dataset) {
    const synrl_dataset_ops *ops = dataset_ops(dataset);
    const synrl_host *host = &dataset->host.api;
    dataset->self = host_alloc(host, ops->self_size, 1);
    if (dataset->self == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const struct operation before = host_enter(&dataset->host, "create");
    synrl_status status =
        ops->create(host, component_config(dataset->component), dataset->self, &dataset->data);
    if (status == SYNRL_OK) {
        status = dataset_check(dataset); /* here, so that a crash on its arrays is named */
    }
    return host_leave(&dataset->host, before, status);
}

/* Whether a parameter may name a folder: any other word may be that of one by chance. */
static bool names_folder(const char *name) {
    static const char *const names[] = {"path", "folder", "directory", "dir", "root"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Notes the files and folders that the parameters name: the plugin reads them. */
static synrl_status note_files(struct core *core, const struct component *component) {
    const synrl_plugin *entry = component_plugin(component)->entry;
    for (uint32_t p = 0; p < entry->n_params; p++) {
        const synrl_param *param = &entry->params[p];
        const char *path = NULL;
        struct stat status;
        if (param->type == SYNRL_PARAM_STRING) {
            memcpy(&path, (const char *)component_config(component) + param->offset, sizeof path);
        }
        if (path != NULL && stat(path, &status) == 0 &&
            (S_ISREG(status.st_mode) || (S_ISDIR(status.st_mode) && names_folder(param->name)))) {
            SYNRL_TRY(reads_note(core, read_data, NULL, path));
        }
    }
    return SYNRL_OK;
}

synrl_status dataset_create(struct core *core, struct component *component, struct dataset **made) {
    *made = NULL;
    SYNRL_TRY(note_files(core, component));
    struct dataset *dataset = dataset_allocate(core, component);
    if (dataset == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = create_instance(dataset);
    if (status != SYNRL_OK) {
        dataset_release(dataset);
        return status;
    }
    *made = dataset;
    return SYNRL_OK;
}

synrl_status dataset_derived(struct dataset *made, const struct dataset *data, json_t *how) {
    made->derivation = how;
    if (how == NULL ||
        (data->derivation != NULL && json_object_set(how, "of", data->derivation) != 0)) {
        return core_fail(made->core, SYNRL_NO_MEMORY,
                         "not enough memory to describe dataset \"%s\"", dataset_id(data));
    }
    return SYNRL_OK;
}

synrl_status dataset_rows(struct dataset *whole, const uint32_t *places, size_t n,
                          struct dataset **made) {
    struct dataset *subset = dataset_allocate(whole->core, whole->component);
    *made = subset;
    if (subset == NULL) {
        return SYNRL_NO_MEMORY;
    }
    subset->whole = dataset_retain(whole);
    subset->data = whole->data;
    subset->data.n_samples = n;
    subset->rows = core_alloc(whole->core, n, sizeof *places);
    if (subset->rows == NULL) {
        dataset_release(subset);
        *made = NULL;
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        subset->rows[i] = (uint32_t)dataset_row(whole, places[i]);
    }
    return SYNRL_OK;
}

/* One part of a split. */
static synrl_status make_part(struct dataset *whole, const uint32_t *places, size_t n, json_t *how,
                              struct dataset **made) {
    synrl_status status = dataset_rows(whole, places, n, made);
    if (status != SYNRL_OK) {
        json_decref(how);
        return status;
    }
    (*made)->is_split = true;
    status = dataset_derived(*made, whole, how);
    if (status != SYNRL_OK) {
        dataset_release(*made);
        *made = NULL;
    }
    return status;
}

static json_t *split_json(double fraction, uint64_t seed, const char *part) {
    return json_pack("{s:f, s:I, s:s}", "fraction", fraction, "seed", (json_int_t)seed, "part",
                     part);
}

synrl_status dataset_split(struct dataset *whole, double fraction, uint64_t seed,
                           struct dataset **first, struct dataset **second) {
    const size_t n = whole->data.n_samples;
    *first = *second = NULL;
    const double wanted = fraction >= 0.0 && fraction <= 1.0 ? round(fraction * (double)n) : 0.0;
    const size_t n_first = (size_t)wanted;
    if (n_first < 1 || n_first >= n) {
        return core_fail(whole->core, SYNRL_INVALID,
                         "a split of %zu samples by %g: both parts must have at least one", n,
                         fraction);
    }
    uint32_t *places = core_alloc(whole->core, n, sizeof *places);
    if (places == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_stream stream = {.seed = seed, .purpose = SYNRL_PURPOSE_SPLIT};
    random_api.sample(stream, (uint32_t)n, (uint32_t)n, places);
    synrl_status status =
        make_part(whole, places, n_first, split_json(fraction, seed, "first"), first);
    if (status == SYNRL_OK) {
        status = make_part(whole, places + n_first, n - n_first, split_json(fraction, seed, "rest"),
                           second);
    }
    if (status != SYNRL_OK) {
        dataset_release(*first);
        *first = NULL;
    }
    core_free(whole->core, places);
    return status;
}

synrl_status dataset_of_inputs(struct dataset *like, size_t n_samples, const float *inputs,
                               struct dataset **made) {
    struct dataset *dataset = dataset_allocate(like->core, like->component);
    *made = dataset;
    if (dataset == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const size_t width = like->data.n_targets > 0 ? like->data.n_targets : 1;
    void *answers = core_alloc(like->core, n_samples, width * sizeof(float));
    dataset->owned[0] = answers;
    if (answers == NULL) {
        dataset_release(dataset);
        *made = NULL;
        return SYNRL_NO_MEMORY;
    }
    dataset->data = like->data;
    dataset->data.n_samples = n_samples;
    dataset->data.format = SYNRL_INPUT_F32;
    dataset->data.inputs = inputs;
    dataset->data.labels = like->data.labels != NULL ? answers : NULL;
    dataset->data.targets = like->data.targets != NULL ? answers : NULL;
    return SYNRL_OK;
}

synrl_status class_names_copy(struct core *core, size_t n, const char *const *names,
                              const char *const **copy) {
    size_t size = 0;
    for (size_t c = 0; c < n; c++) {
        size += strlen(names[c]) + 1;
    }
    const char **copies = core_alloc(core, n * sizeof *copies + size, 1);
    *copy = copies;
    if (copies == NULL) {
        return SYNRL_NO_MEMORY;
    }
    char *to = (char *)(copies + n);
    for (size_t c = 0; c < n; c++) {
        copies[c] = to;
        to = stpcpy(to, names[c]) + 1;
    }
    return SYNRL_OK;
}

/* How many labels there are: those of the plugin's instance, of which a subset has some. */
static size_t count_rows(const struct dataset *dataset) {
    while (dataset->whole != NULL) {
        dataset = dataset->whole;
    }
    return dataset->data.n_samples;
}

static synrl_status relabel(struct dataset *made, const struct dataset *data, const int32_t *map,
                            const char *const *class_names) {
    struct core *core = data->core;
    const size_t n_rows = count_rows(data), n = data->data.n_samples;
    int32_t *labels = core_alloc(core, n_rows, sizeof *labels);
    made->owned[0] = labels;
    made->rows = data->rows != NULL ? core_alloc(core, n, sizeof *made->rows) : NULL;
    if (labels == NULL || (data->rows != NULL && made->rows == NULL)) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t row = 0; row < n_rows; row++) {
        labels[row] = map[data->data.labels[row]];
    }
    if (made->rows != NULL) {
        memcpy(made->rows, data->rows, n * sizeof *made->rows);
    }
    made->data.labels = labels;
    SYNRL_TRY(class_names_copy(core, made->data.n_classes, class_names, &made->data.class_names));
    made->owned[1] = (void *)made->data.class_names;
    return SYNRL_OK;
}

synrl_status dataset_relabel(struct dataset *data, const int32_t *map, size_t n_classes,
                             const char *const *class_names, struct dataset **made) {
    struct dataset *dataset = dataset_allocate(data->core, data->component);
    *made = dataset;
    if (dataset == NULL) {
        return SYNRL_NO_MEMORY;
    }
    dataset->whole = dataset_retain(data);
    dataset->data = data->data;
    dataset->data.n_classes = n_classes;
    dataset->is_renumbered = true;
    const synrl_status status = relabel(dataset, data, map, class_names);
    if (status != SYNRL_OK) {
        dataset_release(dataset);
        *made = NULL;
    }
    return status;
}

struct dataset *dataset_retain(struct dataset *dataset) {
    dataset->references++;
    return dataset;
}

void dataset_release(struct dataset *dataset) {
    if (dataset == NULL || --dataset->references > 0) {
        return;
    }
    if (dataset->self != NULL && SYNRL_OFFERS(dataset_ops(dataset), destroy)) {
        host_destroy(&dataset->host, dataset_ops(dataset)->destroy,
                     component_config(dataset->component), dataset->self);
    }
    host_release(&dataset->host, UINT64_MAX);
    dataset_release(dataset->whole);
    component_release(dataset->component);
    core_free(dataset->core, dataset->rows);
    for (size_t i = 0; i < DATASET_OWNED_MAX; i++) {
        core_free(dataset->core, dataset->owned[i]);
    }
    json_decref(dataset->derivation);
    core_free(dataset->core, dataset);
}

/* Looking -------------------------------------------------------------------------------------- */

const synrl_data *dataset_data(const struct dataset *dataset) {
    return &dataset->data;
}

bool dataset_is_labelled(const struct dataset *dataset) {
    return dataset->data.labels != NULL || dataset->data.targets != NULL;
}

size_t dataset_row(const struct dataset *dataset, size_t sample) {
    return dataset->rows != NULL ? dataset->rows[sample] : sample;
}

const char *dataset_id(const struct dataset *dataset) {
    return component_plugin(dataset->component)->entry->id;
}

struct component *dataset_component(const struct dataset *dataset) {
    return dataset->component;
}

struct core *dataset_core(const struct dataset *dataset) {
    return dataset->core;
}

static void hash_samples(const synrl_data *data, XXH3_state_t *state) {
    const size_t n = data->n_samples, input = data->format == SYNRL_INPUT_F32 ? sizeof(float) : 1;
    const uint64_t sizes[] = {n,
                              data->n_inputs,
                              data->n_targets,
                              data->n_classes,
                              data->height,
                              data->width,
                              data->n_channels,
                              data->n_steps,
                              (uint64_t)data->format,
                              data->labels != NULL};
    XXH3_64bits_update(state, sizes, sizeof sizes);
    XXH3_64bits_update(state, &data->scale, input == 1 ? sizeof data->scale : 0);
    XXH3_64bits_update(state, data->inputs, n * data->n_inputs * input);
    if (data->labels != NULL) {
        XXH3_64bits_update(state, data->labels, n * sizeof *data->labels);
    }
    if (data->targets != NULL) {
        XXH3_64bits_update(state, data->targets, n * data->n_targets * sizeof *data->targets);
    }
    for (size_t c = 0; data->class_names != NULL && c < data->n_classes; c++) {
        XXH3_64bits_update(state, data->class_names[c], strlen(data->class_names[c]) + 1);
    }
}

/* What a derived data set has of the whole: its rows, and its classes where they are others. */
static void hash_choice(const struct dataset *dataset, XXH3_state_t *state) {
    const synrl_data *data = &dataset->data;
    const uint64_t whole = dataset_hash(dataset->whole);
    XXH3_64bits_update(state, &whole, sizeof whole);
    if (dataset->rows != NULL) {
        XXH3_64bits_update(state, dataset->rows, data->n_samples * sizeof *dataset->rows);
    }
    for (size_t c = 0; data->class_names != NULL &&
                       data->class_names != dataset->whole->data.class_names && c < data->n_classes;
         c++) {
        XXH3_64bits_update(state, data->class_names[c], strlen(data->class_names[c]) + 1);
    }
}

uint64_t dataset_hash(struct dataset *dataset) {
    XXH3_state_t state;
    if (dataset->has_hash) {
        return dataset->hash;
    }
    XXH3_64bits_reset(&state);
    if (dataset->whole != NULL) {
        hash_choice(dataset, &state);
    } else {
        hash_samples(&dataset->data, &state);
    }
    dataset->hash = XXH3_64bits_digest(&state);
    dataset->has_hash = true;
    return dataset->hash;
}

json_t *dataset_json(const struct dataset *dataset) {
    if (dataset->is_renumbered) {
        return dataset_json(dataset->whole);
    }
    json_t *json = component_json(dataset->component);
    if (json == NULL) {
        return NULL;
    }
    const synrl_data *data = &dataset->data;
    if (json_object_set_new(json, "samples", json_integer((json_int_t)data->n_samples)) != 0 ||
        json_object_set_new(json, "inputs", json_integer((json_int_t)data->n_inputs)) != 0 ||
        json_object_set_new(json, "format",
                            json_string(data->format == SYNRL_INPUT_BYTES ? "bytes" : "floats")) !=
            0 ||
        (dataset->derivation != NULL &&
         json_object_set(json, dataset->is_split ? "split" : "derived", dataset->derivation) !=
             0)) {
        json_decref(json);
        core_fail(dataset->core, SYNRL_NO_MEMORY, "not enough memory to describe dataset \"%s\"",
                  dataset_id(dataset));
        return NULL;
    }
    return json;
}
