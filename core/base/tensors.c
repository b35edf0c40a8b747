/* SPDX-License-Identifier: MIT */
/* Weights in memory, and what the readers of both formats share. */
#include "base/tensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/npz.h"
#include "base/safetensors.h"
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

synrl_status tensors_copy(struct core *core, const struct tensors *tensors, struct tensors *copy) {
    SYNRL_TRY(tensors_new(core, tensors->n, copy));
    copy->n_values = tensors->n_values;
    copy->values = core_alloc(core, tensors->n_values, sizeof(float));
    if (copy->values == NULL) {
        tensors_free(core, copy);
        return SYNRL_NO_MEMORY;
    }
    memcpy(copy->items, tensors->items, tensors->n * sizeof *tensors->items);
    memcpy(copy->values, tensors->values, tensors->n_values * sizeof(float));
    return SYNRL_OK;
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

enum { READ_MAX_GIB = 32, TENSORS_MAX = 10000 };

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
    float *more = core_alloc(source->core, tensors->n_values + n, sizeof(float));
    if (more == NULL) {
        return SYNRL_NO_MEMORY;
    }
    if (tensors->values != NULL) {
        memcpy(more, tensors->values, tensors->n_values * sizeof(float));
    }
    core_free(source->core, tensors->values);
    tensors->values = more;
    *values = more + tensors->n_values;
    tensors->n_values += n;
    return SYNRL_OK;
}

bool tensors_take(double value, float *taken) {
    *taken = (float)value;
    return isfinite(*taken);
}

synrl_status tensors_read(struct core *core, const char *path, struct tensors *tensors) {
    char *bytes;
    *tensors = (struct tensors){.n = 0};
    struct tensors_source source = {.core = core, .path = path, .tensors = tensors};
    SYNRL_TRY(file_read(core, path, (size_t)READ_MAX_GIB << 30, &bytes, &source.size));
    source.bytes = bytes;
    synrl_status status;
    if (source.size >= 2 && memcmp(bytes, "PK", 2) == 0) {
        status = tensors_read_npz(&source);
    } else if (source.size > 8 && bytes[8] == '{') {
        status = tensors_read_safetensors(&source);
    } else {
        status =
            core_fail(core, SYNRL_INVALID, "%s: is neither an NPZ nor a safetensors file", path);
    }
    core_free(core, bytes);
    if (status == SYNRL_OK) {
        tensors->from = core_strdup(core, path);
        status = tensors->from != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    }
    if (status != SYNRL_OK) {
        tensors_free(core, tensors);
    }
    return status;
}

/* Writing -------------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), n = strlen(end);
    return length >= n && strcmp(text + length - n, end) == 0;
}

static synrl_status write_npz(struct core *core, const char *path, const struct tensors *tensors,
                              bool is_output) {
    struct npz_array *arrays = core_alloc(core, tensors->n, sizeof *arrays);
    if (arrays == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t t = 0; t < tensors->n; t++) {
        const struct tensor *tensor = &tensors->items[t];
        arrays[t] = (struct npz_array){.name = tensor->name,
                                       .values = tensors->values + tensor->first,
                                       .n_rows = tensor->n_rows,
                                       .n_columns = tensor->n_columns};
    }
    const synrl_status status =
        (is_output ? npz_output : npz_write)(core, path, tensors->n, arrays);
    core_free(core, arrays);
    return status;
}

synrl_status tensors_write(struct core *core, const char *path, const struct tensors *tensors,
                           bool is_output) {
    if (ends_with(path, ".npz")) {
        return write_npz(core, path, tensors, is_output);
    }
    if (ends_with(path, ".safetensors")) {
        return safetensors_write(core, path, tensors, is_output);
    }
    return core_fail(core, SYNRL_INVALID,
                     "%s: weights are saved as NPZ or safetensors: the name must end with .npz or "
                     ".safetensors",
                     path);
}
