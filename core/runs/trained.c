/* SPDX-License-Identifier: MIT */
/* Nothing of the folder is trusted: the weights must be those whose hash run.json has. */
#include "runs/trained.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/count.h"
#include "base/file.h"
#include "base/json.h"
#include "plugin/component_json.h"
#include "runs/changes.h"
#include "runs/run_files.h"
#include "train/evaluate.h"
#include "train/model.h"
#include "train/named_weights.h"

enum { CLASSES_LIMIT = 256 << 20 };

/* A number that no hostile record makes negative. */
static size_t recorded_number(const json_t *object, const char *key) {
    const json_int_t number = json_integer_value(json_object_get(object, key));
    return number > 0 ? (size_t)number : 0;
}

synrl_shape recorded_shape(const json_t *run) {
    static const char *const names[] = {"targets", "classes",  "height",
                                        "width",   "channels", "steps"};
    synrl_shape shape = {.size = sizeof(synrl_shape)};
    size_t *const numbers[] = {&shape.n_targets, &shape.n_classes,  &shape.height,
                               &shape.width,     &shape.n_channels, &shape.n_steps};
    const json_t *data = json_object_get(json_object_get(run, "config"), "data");
    shape.n_samples = recorded_number(data, "samples");
    shape.n_inputs = recorded_number(data, "inputs");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        *numbers[i] = recorded_number(json_object_get(run, "shape"), names[i]);
    }
    return shape;
}

synrl_status recorded_weights(struct core *core, const char *path, const synrl_layout *layout,
                              const char *hash, float *weights) {
    struct tensors tensors;
    char found[17];
    SYNRL_TRY(tensors_read(core, path, &tensors));
    synrl_status status = tensors_fit(core, &tensors, layout, weights);
    tensors_free(core, &tensors);
    SYNRL_TRY(status);
    snprintf(found, sizeof found, "%016" PRIx64, weights_hash(weights, layout->n_synapses));
    return hash == NULL || strcmp(found, hash) == 0
               ? SYNRL_OK
               : core_fail(core, SYNRL_INVALID,
                           "%s: has the hash %s, and the run recorded %s: the file has changed",
                           path, found, hash);
}

/* Opening -------------------------------------------------------------------------------------- */

static synrl_status check_plugins(struct core *core, const char *folder, bool force,
                                  const struct trained *trained) {
    char changes[CHANGES_SIZE] = "";
    changes_of_component(core, trained->run, trained->model, changes);
    changes_of_component(core, trained->run, trained->loss, changes);
    if (changes[0] == '\0') {
        return SYNRL_OK;
    }
    if (!force) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: since the run was recorded, %s: the network might answer otherwise",
                         folder, changes);
    }
    core_log(core, SYNRL_LOG_WARNING, "%s: used although %s", folder, changes);
    return SYNRL_OK;
}

static synrl_status open_components(struct core *core, const char *folder, const json_t *config,
                                    struct trained *trained) {
    char *policy = core_printf(core, "%s/policy.csv", folder);
    if (policy == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = component_from_json(
        core, SYNRL_KIND_MODEL, json_object_get(config, "model"), policy, false, &trained->model);
    if (status == SYNRL_OK) {
        status = component_from_json(core, SYNRL_KIND_LOSS, json_object_get(config, "loss"), policy,
                                     false, &trained->loss);
    }
    core_free(core, policy);
    return status;
}

/* Which weights, and their hash as recorded. */
static synrl_status choose_weights(struct core *core, const char *folder, bool is_last,
                                   const json_t *run, const char **name, const char **hash) {
    const json_t *summary = json_object_get(run, "summary");
    const json_t *best = json_object_get(summary, "best");
    const bool is_best = json_is_object(best) && !is_last;
    *name = is_best ? "best.npz" : "weights.npz";
    *hash = json_string_value(json_object_get(is_best ? best : summary, "weights_hash"));
    const char *status = json_string_value(json_object_get(run, "status"));
    return *hash != NULL
               ? SYNRL_OK
               : core_fail(core, SYNRL_INVALID, "%s: has no weights: its status is \"%s\"", folder,
                           status != NULL ? status : "unknown");
}

static synrl_status open_weights(struct core *core, const char *folder, bool is_last,
                                 const synrl_layout *layout, struct trained *trained) {
    const char *name, *hash;
    SYNRL_TRY(choose_weights(core, folder, is_last, trained->run, &name, &hash));
    SYNRL_TRY(tensors_of_layout(core, layout, &trained->tensors));
    trained->tensors.values = core_alloc(core, layout->n_synapses, sizeof(float));
    char *path = core_printf(core, "%s/%s", folder, name);
    const synrl_status status =
        path != NULL && trained->tensors.values != NULL
            ? recorded_weights(core, path, layout, hash, trained->tensors.values)
            : SYNRL_NO_MEMORY;
    core_free(core, path);
    return status;
}

/* An instance of the model says how its weights lie. */
static synrl_status open_model(struct core *core, const char *folder, bool is_last,
                               const synrl_shape *shape, struct trained *trained) {
    struct model model = {.component = NULL};
    synrl_status status = model_create(&model, core, trained->model, shape);
    if (status == SYNRL_OK) {
        status = open_weights(core, folder, is_last, &model.layout, trained);
    }
    model_clear(&model);
    return status;
}

static synrl_status take_classes(struct core *core, const char *path, json_t *names,
                                 struct classes *classes) {
    const size_t n = json_array_size(names);
    const char **texts = core_alloc(core, n, sizeof *texts);
    if (texts == NULL || !json_restore_bytes(names)) {
        core_free(core, texts);
        return core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory for its names", path);
    }
    bool are_names = n > 0;
    for (size_t c = 0; are_names && c < n; c++) {
        texts[c] = json_string_value(json_array_get(names, c));
        are_names = texts[c] != NULL;
    }
    const synrl_status status =
        are_names ? class_names_copy(core, n, texts, &classes->names)
                  : core_fail(core, SYNRL_INVALID, "%s: must be a list of names", path);
    classes->n = status == SYNRL_OK ? n : 0;
    core_free(core, texts);
    return status;
}

static synrl_status read_classes(struct core *core, const char *path, struct classes *classes) {
    char *text;
    size_t size;
    json_error_t error = {.text = ""};
    SYNRL_TRY(file_read_no_link(core, path, CLASSES_LIMIT, &text, &size));
    json_t *names = json_read_text(text, size, 0, &error);
    core_free(core, text);
    const synrl_status status =
        names == NULL && strcmp(error.text, JSON_NO_MEMORY) == 0
            ? core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to read it", path)
            : take_classes(core, path, names, classes);
    json_decref(names);
    return status;
}

/* There is no such file where classes have no names, nor in a run that was recorded before there
 * were any (it has no "shape" either), whose network knows labels by number alone. */
static synrl_status open_classes(struct core *core, const char *folder, const json_t *run,
                                 struct classes *classes) {
    char *path = core_printf(core, "%s/classes.json", folder);
    struct stat found;
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = SYNRL_OK;
    if (lstat(path, &found) == 0) {
        status = read_classes(core, path, classes);
    } else if (json_object_get(run, "shape") == NULL) {
        core_log(core, SYNRL_LOG_WARNING,
                 "%s: was recorded without the names of its classes: labels are compared by number",
                 folder);
    }
    core_free(core, path);
    return status;
}

static synrl_status open_all(struct core *core, const char *folder, bool is_last, bool force,
                             struct trained *trained) {
    SYNRL_TRY(record_read(core, folder, &trained->run));
    const json_t *config = json_object_get(trained->run, "config");
    const synrl_shape shape = recorded_shape(trained->run);
    SYNRL_TRY(open_components(core, folder, config, trained));
    SYNRL_TRY(check_plugins(core, folder, force, trained));
    SYNRL_TRY(open_model(core, folder, is_last, &shape, trained));
    return open_classes(core, folder, trained->run, &trained->classes);
}

synrl_status trained_open(struct core *core, const char *folder, bool is_last, bool force_changed,
                          struct trained *trained) {
    *trained = (struct trained){.model = NULL};
    const synrl_status status = open_all(core, folder, is_last, force_changed, trained);
    if (status != SYNRL_OK) {
        trained_close(core, trained);
        return strstr(core->message, folder) != NULL ? status : core_fail_in(core, status, folder);
    }
    return SYNRL_OK;
}

void trained_close(struct core *core, struct trained *trained) {
    component_release(trained->model);
    component_release(trained->loss);
    tensors_free(core, &trained->tensors);
    classes_free(core, &trained->classes);
    json_decref(trained->run);
    *trained = (struct trained){.model = NULL};
}
