/* SPDX-License-Identifier: MIT */
/* Tensors from elsewhere are taken by name, and only whole. */
#include "train/named_weights.h"

#include <stdio.h>
#include <string.h>

synrl_status tensors_of_layout(struct core *core, const synrl_layout *layout,
                               struct tensors *tensors) {
    SYNRL_TRY(tensors_new(core, layout->n_tensors, tensors));
    tensors->n_values = layout->n_synapses;
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = synrl_tensor_at(layout, t);
        tensors->items[t] = (struct tensor){.first = tensor->first,
                                            .n_rows = tensor->n_rows,
                                            .n_columns = tensor->is_bias ? 0 : tensor->n_columns};
        snprintf(tensors->items[t].name, TENSOR_NAME_SIZE, "%s", tensor->name);
    }
    return SYNRL_OK;
}

/* The first names, for a message. */
static void list_names(const struct tensors *tensors, char *text, size_t size) {
    enum { NAMED = 8 };
    size_t n = 0;
    text[0] = '\0';
    for (size_t t = 0; t < tensors->n && t <= NAMED && n < size; t++) {
        n += (size_t)snprintf(text + n, size - n, "%s%.64s", t > 0 ? ", " : "",
                              t < NAMED ? tensors->items[t].name : "...");
    }
}

/* "a vector of 3" or "[3][5]" */
static void write_shape(char text[64], size_t n_rows, size_t n_columns) {
    if (n_columns == 0) {
        snprintf(text, 64, "a vector of %zu", n_rows);
    } else {
        snprintf(text, 64, "[%zu][%zu]", n_rows, n_columns);
    }
}

static const char *origin(const struct tensors *given) {
    return given->from != NULL ? given->from : "weights";
}

static synrl_status fit(struct core *core, const struct tensors *given, const synrl_tensor *tensor,
                        float *weights) {
    const struct tensor *found = tensors_find(given, tensor->name);
    char names[640], is[64], must[64];
    if (found == NULL) {
        list_names(given, names, sizeof names);
        return core_fail(core, SYNRL_INVALID, "%s: has no tensor \"%s\"; it has %s", origin(given),
                         tensor->name, names);
    }
    const bool is_column = tensor->is_bias && found->n_columns == 0;
    if (found->n_rows != tensor->n_rows || (!is_column && found->n_columns != tensor->n_columns)) {
        write_shape(is, found->n_rows, found->n_columns);
        write_shape(must, tensor->n_rows, tensor->is_bias ? 0 : tensor->n_columns);
        return core_fail(core, SYNRL_INVALID,
                         "%s: tensor \"%s\" is %s: the network's is %s, [to][from]", origin(given),
                         tensor->name, is, must);
    }
    memcpy(weights + tensor->first, given->values + found->first,
           tensor_size(found) * sizeof *weights);
    return SYNRL_OK;
}

synrl_status tensors_fit(struct core *core, const struct tensors *given, const synrl_layout *layout,
                         float *weights) {
    for (size_t t = 0; t < layout->n_tensors; t++) {
        SYNRL_TRY(fit(core, given, synrl_tensor_at(layout, t), weights));
    }
    for (size_t g = 0; given->n > layout->n_tensors && g < given->n; g++) {
        bool is_known = false;
        for (size_t t = 0; !is_known && t < layout->n_tensors; t++) {
            is_known = strcmp(given->items[g].name, synrl_tensor_at(layout, t)->name) == 0;
        }
        if (!is_known) {
            return core_fail(core, SYNRL_INVALID,
                             "%s: has a tensor \"%s\", which the network has not", origin(given),
                             given->items[g].name);
        }
    }
    return SYNRL_OK;
}
