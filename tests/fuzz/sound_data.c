/* SPDX-License-Identifier: MIT */
#include "fuzz/sound_data.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool are_finite(const float *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

const char *data_problem(const synrl_data *data) {
    const size_t n = data->n_samples * data->n_inputs;
    const volatile uint8_t *bytes = data->inputs;
    size_t length = 0;
    if (n == 0) {
        return "has no inputs";
    }
    for (size_t i = 0; data->format == SYNRL_INPUT_BYTES && i < n; i++) {
        length += bytes[i]; /* it is there */
    }
    if (data->format == SYNRL_INPUT_F32 && !are_finite(data->inputs, n)) {
        return "has an input that is not finite";
    }
    if (data->targets != NULL && !are_finite(data->targets, data->n_samples * data->n_targets)) {
        return "has a target that is not finite";
    }
    if (data->height * data->width * data->n_channels != (data->height > 0 ? data->n_inputs : 0)) {
        return "has pictures of another size";
    }
    for (size_t s = 0; data->labels != NULL && s < data->n_samples; s++) {
        if (data->labels[s] < 0 || (size_t)data->labels[s] >= data->n_classes) {
            return "has a label that is no class";
        }
    }
    for (size_t c = 0; data->class_names != NULL && c < data->n_classes; c++) {
        length += strlen(data->class_names[c]);
    }
    return length > SIZE_MAX / 2 ? "cannot be" : NULL;
}
