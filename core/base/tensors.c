/* SPDX-License-Identifier: MIT */
/* Weights in memory, and what the readers of both formats share. */
#include "base/tensors.h"

#include <math.h>
#include <string.h>

#include "base/tensors_private.h"

void tensors_free(struct core *core, struct tensors *tensors) {
    core_free(core, tensors->items);
    core_free(core, tensors->values);
    core_free(core, tensors->from);
    *tensors = (struct tensors){.n = 0};
}

synrl_status tensors_new(struct core *core, size_t n, struct tensors *tensors) {
    *tensors = (struct tensors){.n = n, .items = core_alloc(core, n, sizeof *tensors->items)};
    return tensors->items != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

size_t tensor_size(const struct tensor *tensor) {
    return tensor->n_rows * (tensor->n_columns > 0 ? tensor->n_columns : 1);
}

const struct tensor *tensors_find(const struct tensors *tensors, const char *name) {
    for (size_t t = 0; t < tensors->n; t++) {
        if (strcmp(tensors->items[t].name, name) == 0) {
            return &tensors->items[t];
        }
    }
    return NULL;
}

/* Reading -------------------------------------------------------------------------------------- */

enum { TENSORS_MAX = 10000 };

synrl_status tensors_add(struct tensors_source *source, const char *name, size_t n_sizes,
                         const size_t *sizes) {
    struct tensors *tensors = source->tensors;
    if (strlen(name) >= TENSOR_NAME_SIZE) {
        return FAIL_TENSOR(source, name, "has a name of %zu bytes: must be at most %d",
                           strlen(name), TENSOR_NAME_SIZE - 1);
    }
    if (tensors->n == TENSORS_MAX) {
        return FAIL_TENSOR(source, name, "is one more than %d", TENSORS_MAX);
    }
    if (tensors_find(tensors, name) != NULL) {
        return FAIL_TENSOR(source, name, "%s", "is there twice");
    }
    if (n_sizes < 1 || n_sizes > 2) {
        return FAIL_TENSOR(source, name, "has %zu sizes: must be 1, of a vector, or 2: [to][from]",
                           n_sizes);
    }
    if (sizes[0] == 0 || sizes[n_sizes - 1] == 0) {
        return FAIL_TENSOR(source, name, "%s", "is empty");
    }
    struct tensor *items = core_grow(source->core, tensors->items, tensors->n, &source->capacity,
                                     sizeof *tensors->items);
    if (items == NULL) {
        return SYNRL_NO_MEMORY;
    }
    tensors->items = items;
    struct tensor *tensor = &tensors->items[tensors->n++];
    *tensor = (struct tensor){
        .first = tensors->n_values, .n_rows = sizes[0], .n_columns = n_sizes == 2 ? sizes[1] : 0};
    strcpy(tensor->name, name);
    return SYNRL_OK;
}

synrl_status tensors_extend(struct tensors_source *source, size_t n, float **values) {
    struct tensors *tensors = source->tensors;
    const size_t wanted = tensors->n_values + n;
    if (wanted > source->value_capacity) {
        /* Doubled, so that many tensors are not copied as many times. */
        const size_t twice = 2 * source->value_capacity, capacity = wanted > twice ? wanted : twice;
        float *more = core_alloc(source->core, capacity, sizeof(float));
        if (more == NULL) {
            return SYNRL_NO_MEMORY;
        }
        if (tensors->values != NULL) {
            memcpy(more, tensors->values, tensors->n_values * sizeof(float));
        }
        core_free(source->core, tensors->values);
        tensors->values = more;
        source->value_capacity = capacity;
    }
    *values = tensors->values + tensors->n_values;
    tensors->n_values = wanted;
    return SYNRL_OK;
}

bool tensors_take(double value, float *taken) {
    *taken = (float)value;
    return isfinite(*taken);
}
