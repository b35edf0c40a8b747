/* SPDX-License-Identifier: MIT */
/* Data for a trained network, read, normalised and autoencoded as its own were. */
#include <string.h>

#include "plugin/component_json.h"
#include "runs/trained.h"
#include "train/derive.h"

static synrl_status make_component(struct core *core, const json_t *data, const char *id, size_t n,
                                   char *const *settings, struct component **made) {
    const char *recorded = json_string_value(json_object_get(data, "id"));
    if (id == NULL || (recorded != NULL && strcmp(id, recorded) == 0)) {
        return component_from_json_but(core, SYNRL_KIND_DATASET, data, n, settings, made);
    }
    SYNRL_TRY(component_create(core, SYNRL_KIND_DATASET, id, made));
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; status == SYNRL_OK && i < n; i++) {
        status = component_set_line(*made, settings[i]);
    }
    status = status == SYNRL_OK ? component_finish(*made) : status;
    if (status != SYNRL_OK) {
        component_release(*made);
        *made = NULL;
    }
    return status;
}

static synrl_status take_numbers(struct core *core, const json_t *list, double **numbers) {
    const size_t n = json_array_size(list);
    *numbers = core_alloc(core, n, sizeof **numbers);
    if (*numbers == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        (*numbers)[i] = json_number_value(json_array_get(list, i));
    }
    return SYNRL_OK;
}

/* Replaces *data by itself normalised. */
static synrl_status normalise(struct core *core, const json_t *step, struct dataset **data) {
    const json_t *centres = json_object_get(step, "centre"),
                 *scales = json_object_get(step, "scale");
    const size_t n = json_array_size(centres);
    double *centre = NULL, *scale = NULL;
    struct dataset *made = NULL;
    if (n == 0 || json_array_size(scales) != n) {
        return core_fail(core, SYNRL_INVALID, "the recorded normalisation is incomplete");
    }
    synrl_status status = take_numbers(core, centres, &centre);
    status = status == SYNRL_OK ? take_numbers(core, scales, &scale) : status;
    if (status == SYNRL_OK) {
        status = dataset_normalise(*data, &(struct normalisation){n, centre, scale}, &made);
    }
    if (status == SYNRL_OK) {
        dataset_release(*data);
        *data = made;
    }
    core_free(core, centre);
    core_free(core, scale);
    return status;
}

/* Replaces *data by itself with its inputs as targets. */
static synrl_status autoencode(struct dataset **data) {
    struct dataset *made;
    SYNRL_TRY(dataset_autoencode(*data, &made));
    dataset_release(*data);
    *data = made;
    return SYNRL_OK;
}

static bool is_by(const json_t *step, const char *name) {
    const char *by = json_string_value(json_object_get(step, "by"));
    return by != NULL && strcmp(by, name) == 0;
}

bool steps_normalise(const json_t *steps) {
    while (json_is_object(steps) && !is_by(steps, "normalise")) {
        steps = json_object_get(steps, "of");
    }
    return json_is_object(steps);
}

/* The innermost step was the first. Others than these say nothing of other samples. */
synrl_status steps_repeat(struct core *core, const json_t *steps, struct dataset **data) {
    enum { STEPS_MAX = 64 };
    const json_t *list[STEPS_MAX];
    size_t n = 0;
    for (; json_is_object(steps) && n < STEPS_MAX; steps = json_object_get(steps, "of")) {
        list[n++] = steps;
    }
    while (n > 0) {
        const json_t *step = list[--n];
        if (is_by(step, "normalise")) {
            SYNRL_TRY(normalise(core, step, data));
        } else if (is_by(step, "autoencode")) {
            SYNRL_TRY(autoencode(data));
        }
    }
    return SYNRL_OK;
}

const json_t *trained_steps(const struct trained *trained) {
    const json_t *data = json_object_get(json_object_get(trained->run, "config"), "data");
    const json_t *derived = json_object_get(data, "derived");
    return derived != NULL ? derived : json_object_get(data, "split");
}

synrl_status trained_data(struct core *core, const struct trained *trained, const char *id,
                          size_t n, char *const *settings, struct dataset **made) {
    const json_t *data = json_object_get(json_object_get(trained->run, "config"), "data");
    struct component *component;
    *made = NULL;
    SYNRL_TRY(make_component(core, data, id, n, settings, &component));
    synrl_status status = dataset_create(core, component, made);
    component_release(component);
    if (status == SYNRL_OK) {
        status = steps_repeat(core, trained_steps(trained), made);
    }
    if (status != SYNRL_OK) {
        dataset_release(*made);
        *made = NULL;
    }
    return status;
}
