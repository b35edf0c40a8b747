/* SPDX-License-Identifier: MIT */
/* Weights in files: which format it is. */
#include <string.h>

#include "base/file.h"
#include "base/npz.h"
#include "base/safetensors.h"
#include "base/tensors_private.h"

enum { READ_MAX_GIB = 32 };

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
