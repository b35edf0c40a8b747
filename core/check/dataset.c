/* SPDX-License-Identifier: MIT */
#include "check/dataset.h"

#include <string.h>

static synrl_status open(struct subject *subject, struct dataset **made) {
    struct component *component;
    *made = NULL;
    SYNRL_TRY(subject_component(subject, NULL, &component));
    const synrl_status status = dataset_create(subject->core, component, made);
    component_release(component);
    return status;
}

static synrl_status trace_dataset(struct subject *subject, struct trace *trace) {
    struct dataset *dataset;
    SYNRL_TRY(open(subject, &dataset));
    const synrl_data *data = dataset_data(dataset);
    const size_t sizes[] = {data->n_samples,  data->n_inputs, data->n_targets,
                            data->n_classes,  data->height,   data->width,
                            data->n_channels, data->n_steps,  (size_t)data->format};
    const size_t value_size = data->format == SYNRL_INPUT_BYTES ? 1 : sizeof(float);
    trace_add(trace, sizes, sizeof sizes, "the sizes");
    trace_add(trace, &data->scale, sizeof data->scale, "the scale");
    trace_add(trace, data->inputs, data->n_samples * data->n_inputs * value_size, "the inputs");
    if (data->labels != NULL) {
        trace_add(trace, data->labels, data->n_samples * sizeof(int32_t), "the labels");
    }
    if (data->targets != NULL) {
        trace_add(trace, data->targets, data->n_samples * data->n_targets * sizeof(float),
                  "the targets");
    }
    for (size_t c = 0; data->class_names != NULL && c < data->n_classes; c++) {
        trace_add(trace, data->class_names[c], strlen(data->class_names[c]),
                  "the name of class %zu", c);
    }
    dataset_release(dataset);
    return SYNRL_OK;
}

/* How many samples each class has. */
static synrl_status count_classes(struct subject *subject, const synrl_data *data, size_t *counts) {
    for (size_t s = 0; s < data->n_samples; s++) {
        counts[data->labels[s]]++;
    }
    for (size_t c = 0; c < data->n_classes; c++) {
        if (counts[c] == 0) {
            return core_fail(subject->core, SYNRL_UNSUPPORTED,
                             "class %zu of 0 .. %zu has no sample", c, data->n_classes - 1);
        }
    }
    return SYNRL_OK;
}

static synrl_status check_classes(struct subject *subject) {
    struct dataset *dataset;
    SYNRL_TRY(open(subject, &dataset));
    const synrl_data *data = dataset_data(dataset);
    synrl_status status = SYNRL_OK;
    if (data->labels != NULL) {
        size_t *counts = core_alloc(subject->core, data->n_classes, sizeof *counts);
        status = counts != NULL ? count_classes(subject, data, counts) : SYNRL_NO_MEMORY;
        core_free(subject->core, counts);
    }
    dataset_release(dataset);
    return status;
}

static const struct check checks[] = {{"classes", check_classes}};
const struct kind_checks dataset_checks = {trace_dataset, SYNRL_COUNT(checks), checks};
