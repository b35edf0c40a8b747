/* Names of synapses. */
#include "train/synapse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a number from 1, and what ends it. */
static bool read_number(const char **text, char end, size_t *number) {
    char *stop;
    if (**text < '1' || **text > '9') {
        return false;
    }
    *number = strtoul(*text, &stop, 10);
    const bool is_good = *stop == end;
    *text = stop + (end != '\0');
    return is_good;
}

synrl_status synapse_parse(struct core *core, const synrl_layout *layout, const char *name,
                           size_t *synapse) {
    const char *text = name;
    size_t layer, to, from = 1;
    bool is_bias = false;
    if (read_number(&text, ':', &layer) && read_number(&text, ':', &to) &&
        ((is_bias = strcmp(text, "bias") == 0) || read_number(&text, '\0', &from))) {
        for (size_t t = 0; t < layout->n_tensors; t++) {
            const synrl_tensor *tensor = &layout->tensors[t];
            if (tensor->layer == layer && tensor->is_bias == is_bias && to <= tensor->n_rows &&
                from <= tensor->n_columns) {
                *synapse = tensor->first + (to - 1) * tensor->n_columns + from - 1;
                return SYNRL_OK;
            }
        }
    }
    core_fail(
        core, SYNRL_INVALID,
        "\"%s\" is no synapse: write LAYER:TO:FROM or LAYER:TO:bias, counted from 1; there are",
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
