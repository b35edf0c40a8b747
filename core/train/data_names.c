/* SPDX-License-Identifier: MIT */
#include "train/data_names.h"

#include <stdio.h>

#include "train/dataset_private.h"

const char *dataset_sample_name(const struct dataset *dataset, size_t sample, char number[24]) {
    const synrl_data *data = &dataset->data;
    const size_t row = dataset_row(dataset, sample);
    if (data->sample_names == NULL && data->sample_numbers != NULL) {
        snprintf(number, 24, "%u", data->sample_numbers[row]);
        return number;
    }
    return data->sample_names != NULL ? data->sample_names[row] : NULL;
}

static synrl_status take_sample_names(struct dataset *to, size_t n_parts,
                                      const struct dataset *const *parts) {
    struct core *core = to->core;
    const char **names = core_alloc(core, to->data.n_samples, sizeof *names);
    size_t n = 0;
    if (names == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t p = 0; p < n_parts; p++) {
        for (size_t s = 0; s < parts[p]->data.n_samples; s++) {
            names[n++] = parts[p]->data.sample_names[dataset_row(parts[p], s)];
        }
    }
    const synrl_status status = class_names_copy(core, n, names, &to->data.sample_names);
    to->owned[DATASET_SAMPLE_NAMES] = (void *)to->data.sample_names;
    core_free(core, names);
    return status;
}

static synrl_status take_sample_numbers(struct dataset *to, size_t n_parts,
                                        const struct dataset *const *parts) {
    uint32_t *numbers = core_alloc(to->core, to->data.n_samples, sizeof *numbers);
    size_t n = 0;
    to->data.sample_numbers = to->owned[DATASET_SAMPLE_NUMBERS] = numbers;
    if (numbers == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t p = 0; p < n_parts; p++) {
        for (size_t s = 0; s < parts[p]->data.n_samples; s++) {
            numbers[n++] = parts[p]->data.sample_numbers[dataset_row(parts[p], s)];
        }
    }
    return SYNRL_OK;
}

synrl_status data_names_take(struct dataset *to, size_t n_parts,
                             const struct dataset *const *parts) {
    bool have_names = true;
    for (size_t p = 0; p < n_parts; p++) {
        have_names = have_names && parts[p]->data.sample_names != NULL;
    }
    if (have_names) {
        return take_sample_names(to, n_parts, parts);
    }
    return n_parts == 1 && parts[0]->data.sample_numbers != NULL
               ? take_sample_numbers(to, n_parts, parts)
               : SYNRL_OK;
}
