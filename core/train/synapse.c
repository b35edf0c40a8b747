/* SPDX-License-Identifier: MIT */
/* Names of synapses. */
#include "train/synapse.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

/* Reads a number from 1 to the next colon, or the end, and steps past it. */
static bool read_number(const char **text, uint64_t *number) {
    const size_t length = strcspn(*text, ":");
    const bool is_good = integer_read(*text, length, 1, SIZE_MAX, number);
    *text += length + ((*text)[length] == ':');
    return is_good;
}

/* LAYER:TO:FROM, or LAYER:TO:bias. */
static bool read_name(const char *text, uint64_t *layer, uint64_t *to, uint64_t *from,
                      bool *is_bias) {
    *from = 1;
    return read_number(&text, layer) && read_number(&text, to) &&
           ((*is_bias = strcmp(text, "bias") == 0) ||
            (strchr(text, ':') == NULL && read_number(&text, from)));
}

synrl_status synapse_parse(struct core *core, const synrl_layout *layout, const char *name,
                           size_t *synapse) {
    uint64_t layer, to, from;
    bool is_bias;
    const bool is_name = read_name(name, &layer, &to, &from, &is_bias);
    for (size_t t = 0; is_name && t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        if (tensor->layer == layer && tensor->is_bias == is_bias && to <= tensor->n_rows &&
            from <= tensor->n_columns) {
            *synapse = tensor->first + (to - 1) * tensor->n_columns + from - 1;
            return SYNRL_OK;
        }
    }
    core_fail(
        core, SYNRL_INVALID,
        "\"%s\" is not a synapse: write LAYER:TO:FROM or LAYER:TO:bias, counted from 1; there are",
        name);
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        char from_text[32] = "bias";
        if (!tensor->is_bias) {
            snprintf(from_text, sizeof from_text, "(1..%zu)", tensor->n_columns);
        }
        core_fail(core, SYNRL_INVALID, "%s%s %u:(1..%zu):%s", core->message, t > 0 ? "," : "",
                  (unsigned)tensor->layer, tensor->n_rows, from_text);
    }
    return SYNRL_INVALID;
}

void synapse_name(const synrl_layout *layout, size_t synapse, char name[SYNAPSE_NAME_SIZE]) {
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = &layout->tensors[t];
        const size_t n = tensor->n_rows * tensor->n_columns, at = synapse - tensor->first;
        if (synapse < tensor->first || at >= n) {
            continue;
        }
        if (tensor->is_bias) {
            snprintf(name, SYNAPSE_NAME_SIZE, "%u:%zu:bias", (unsigned)tensor->layer, at + 1);
        } else {
            snprintf(name, SYNAPSE_NAME_SIZE, "%u:%zu:%zu", (unsigned)tensor->layer,
                     at / tensor->n_columns + 1, at % tensor->n_columns + 1);
        }
        return;
    }
    snprintf(name, SYNAPSE_NAME_SIZE, "%zu", synapse);
}
