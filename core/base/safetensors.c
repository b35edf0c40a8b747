/* SPDX-License-Identifier: MIT */
/* safetensors: eight bytes of length, a header in JSON, which has "dtype", "shape" and
 * "data_offsets" for each name, and the data in little-endian order. */
#include "base/safetensors.h"

#include <jansson.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/tensors_private.h"
#include "synrl/npy.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are as in memory");

enum { LENGTH_SIZE = 8, HEADER_MAX = 100000000, ALIGNMENT = 8, N_SIZES = 2 };

/* Reading -------------------------------------------------------------------------------------- */

/* Of an item; 0: not floats. */
static size_t item_size(const char *type) {
    return strcmp(type, "F64") == 0                                ? 8
           : strcmp(type, "F32") == 0                              ? 4
           : strcmp(type, "F16") == 0 || strcmp(type, "BF16") == 0 ? 2
                                                                   : 0;
}

static synrl_status take_values(struct tensors_source *source, const char *name, const char *type,
                                size_t n, const unsigned char *data) {
    const synrl_npy item = {.kind = 'f', .item = item_size(type)};
    float *values;
    SYNRL_TRY(tensors_extend(source, n, &values));
    for (size_t i = 0; i < n; i++) {
        const unsigned char *at = data + i * item.item;
        double value = synrl_npy_value(&item, at);
        if (type[0] == 'B') { /* the upper half of a float */
            const uint32_t bits = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 24;
            float single;
            memcpy(&single, &bits, sizeof single);
            value = (double)single;
        }
        if (!tensors_take(value, &values[i])) {
            return FAIL_TENSOR(source, name, "has a value of %g: must be a finite float", value);
        }
    }
    return SYNRL_OK;
}

/* data: of n_data bytes, of all tensors. */
static synrl_status take_tensor(struct tensors_source *source, const char *name, json_t *entry,
                                const char *data, size_t n_data) {
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_int_t first = json_integer_value(json_array_get(offsets, 0));
    const json_int_t end = json_integer_value(json_array_get(offsets, 1));
    if (type == NULL || !json_is_array(shape) || json_array_size(offsets) != 2 || first < 0 ||
        end < first || (size_t)end > n_data) {
        return FAIL_TENSOR(source, name, "%s",
                           "has no dtype, shape and data_offsets that lie within the file");
    }
    const size_t n_sizes = json_array_size(shape), item = item_size(type);
    if (item == 0) {
        return FAIL_TENSOR(source, name, "is of type %.16s: must be F16, BF16, F32 or F64", type);
    }
    size_t sizes[N_SIZES] = {1, 1};
    const size_t n_items = (size_t)(end - first) / item;
    for (size_t i = 0; i < n_sizes && i < N_SIZES; i++) {
        const json_int_t size = json_integer_value(json_array_get(shape, i));
        sizes[i] = size > 0 ? (size_t)size : 0;
    }
    SYNRL_TRY(tensors_add(source, name, n_sizes, sizes));
    if (sizes[0] > n_items / sizes[1] || sizes[0] * sizes[1] * item != (size_t)(end - first)) {
        return FAIL_TENSOR(source, name, "has %zu bytes of data, which are not what its shape says",
                           (size_t)(end - first));
    }
    return take_values(source, name, type, sizes[0] * sizes[1],
                       (const unsigned char *)data + first);
}

synrl_status tensors_read_safetensors(struct tensors_source *source) {
    uint64_t length;
    memcpy(&length, source->bytes, sizeof length);
    if (length > source->size - LENGTH_SIZE || length > HEADER_MAX) {
        return core_fail(source->core, SYNRL_INVALID,
                         "%s: is not a safetensors file, or cut off: its header is longer than it",
                         source->path);
    }
    json_error_t error;
    json_t *header =
        json_read_text(source->bytes + LENGTH_SIZE, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (header == NULL && strcmp(error.text, JSON_NO_MEMORY) == 0) {
        return core_fail(source->core, SYNRL_NO_MEMORY, "%s: not enough memory for its header",
                         source->path);
    }
    if (!json_is_object(header)) {
        json_decref(header);
        return core_fail(source->core, SYNRL_INVALID,
                         "%s: is not a safetensors file: its header is no JSON object%s%.100s",
                         source->path, error.text[0] != '\0' ? ": " : "", error.text);
    }
    const char *name, *data = source->bytes + LENGTH_SIZE + length;
    json_t *entry;
    synrl_status status = SYNRL_OK;
    json_object_foreach(header, name, entry) {
        if (status == SYNRL_OK && strcmp(name, "__metadata__") != 0) {
            status =
                take_tensor(source, name, entry, data, source->size - LENGTH_SIZE - (size_t)length);
        }
    }
    json_decref(header);
    return status;
}

/* Writing -------------------------------------------------------------------------------------- */

static json_t *header_of(const struct tensors *tensors) {
    json_t *header = json_object();
    for (size_t t = 0; t < tensors->n; t++) {
        const struct tensor *tensor = &tensors->items[t];
        const size_t first = tensor->first * sizeof(float);
        const size_t end = first + tensor_size(tensor) * sizeof(float);
        json_t *shape = json_pack("[I]", (json_int_t)tensor->n_rows);
        if (tensor->n_columns > 0) {
            shape = json_appended(shape, json_integer((json_int_t)tensor->n_columns));
        }
        json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape,
                                  "data_offsets", (json_int_t)first, (json_int_t)end);
        header = json_with(header, tensor->name, entry);
    }
    return header;
}

synrl_status safetensors_write(struct core *core, const char *path, const struct tensors *tensors,
                               bool is_output) {
    struct draft *draft = NULL;
    json_t *header = header_of(tensors);
    char *text = header != NULL ? json_dump_whole(header, JSON_COMPACT) : NULL;
    json_decref(header);
    if (text == NULL) {
        return core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory for its header", path);
    }
    const synrl_status status = (is_output ? draft_begin_output : draft_begin)(core, path, &draft);
    if (status != SYNRL_OK) {
        free(text);
        return status;
    }
    const size_t n = strlen(text), n_blanks = (ALIGNMENT - n % ALIGNMENT) % ALIGNMENT;
    const uint64_t length = n + n_blanks;
    FILE *stream = draft_stream(draft); /* a failure is noticed by the commit */
    fwrite(&length, sizeof length, 1, stream);
    fwrite(text, 1, n, stream);
    fwrite("        ", 1, n_blanks, stream);
    fwrite(tensors->values, sizeof(float), tensors->n_values, stream);
    free(text);
    return draft_commit(draft);
}
