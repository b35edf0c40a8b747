/* SPDX-License-Identifier: MIT */
/* Images and labels from NumPy's NPZ: a zip of .npy files, each a header in Python's notation and
 * an array. Invariants: memory grows with the bytes read, not with the sizes in a header; bytes
 * stay bytes, and every other number becomes a float. */
#define _POSIX_C_SOURCE 200809L /* fileno */
#include <math.h>
#include <stdlib.h>
#include <synrl/dataset.h>

#include "classes.h"
#include "unpack.h"

struct config {
    const char *path, *images, *labels, *classes;
    int64_t limit;
};

static const synrl_param params[] = {
    SYNRL_STRING(path, SYNRL_REQUIRED, "the file"),
    SYNRL_STRING(images, "images",
                 "its array of inputs: [n][d], [n][h][w] or [n][h][w][c]; u1 counts as 0 .. 1"),
    SYNRL_STRING(labels, "labels", "its array of labels: [n]"),
    SYNRL_STRING(classes, SYNRL_OPTIONAL, CLASSES_MEANING),
    SYNRL_INTEGER(limit, "4096", 1, 1 << 20, "MiB that an unpacked array may have"),
};

enum { N_SIZES_MAX = 4, HEADER_LIMIT = 1 << 16 };

/* One .npy during reading, and its contents afterwards. */
struct array {
    struct unpack *unpack;
    const char *name;   /* in the archive */
    struct buffer file; /* header and data */
    size_t data;        /* offset of the data in it */
    char kind;          /* 'u', 'i' or 'f' */
    size_t item;        /* bytes of a number: 1, 2, 4 or 8 */
    bool is_big_endian, is_fortran;
    size_t n_sizes, sizes[N_SIZES_MAX], n_items;
};

enum { IMAGES, LABELS, N_ARRAYS };

struct npz {
    struct unpack unpack;
    struct array arrays[N_ARRAYS];
};

#define FAIL_IN(array, format, ...)                                                               \
    (array)->unpack->host->fail((array)->unpack->host, SYNRL_INVALID, "%s: array \"%s\" " format, \
                                (array)->unpack->path, (array)->name, __VA_ARGS__)

/* The header ----------------------------------------------------------------------------------- */

/* Text being read, between `next` and `end`. */
struct cursor {
    const char *next, *end;
};

/* Skips white space, and then c if it is next. */
static bool accept(struct cursor *cursor, char c) {
    while (cursor->next < cursor->end && strchr(" \t\n", *cursor->next) != NULL) {
        cursor->next++;
    }
    if (cursor->next < cursor->end && *cursor->next == c) {
        cursor->next++;
        return true;
    }
    return false;
}

static bool accept_word(struct cursor *cursor, const char *word) {
    const size_t length = strlen(word);
    if (*word == '\0' || !accept(cursor, *word) ||
        (size_t)(cursor->end - cursor->next) < length - 1 ||
        memcmp(cursor->next, word + 1, length - 1) != 0) {
        return false;
    }
    cursor->next += length - 1;
    return true;
}

/* Reads 'text' or "text" into `out`, terminated. */
static bool accept_string(struct cursor *cursor, char *out, size_t size) {
    const char quote = accept(cursor, '\'') ? '\'' : '"';
    if (quote == '"' && !accept(cursor, '"')) {
        return false;
    }
    for (size_t i = 0; i < size && cursor->next < cursor->end; i++) {
        out[i] = *cursor->next++;
        if (out[i] == quote) {
            out[i] = '\0';
            return true;
        }
    }
    return false;
}

/* (2, 28, 28) or (2,) */
static bool accept_shape(struct cursor *cursor, struct array *array) {
    array->n_sizes = 0;
    if (!accept(cursor, '(')) {
        return false;
    }
    while (!accept(cursor, ')')) {
        size_t size = 0, n_digits = 0;
        while (cursor->next < cursor->end && *cursor->next >= '0' && *cursor->next <= '9' &&
               n_digits < 18) {
            size = size * 10 + (size_t)(*cursor->next++ - '0');
            n_digits++;
        }
        if (n_digits == 0 || array->n_sizes == N_SIZES_MAX) {
            return false;
        }
        array->sizes[array->n_sizes++] = size;
        accept(cursor, 'L'); /* as written by Python 2 */
        if (!accept(cursor, ',')) {
            return accept(cursor, ')');
        }
        accept(cursor, ' ');
    }
    return true;
}

/* "<f4", "|u1", ">i8" ... */
static bool take_type(struct array *array, const char *type) {
    if (strlen(type) != 3 || strchr("<>|=", type[0]) == NULL || strchr("uif", type[1]) == NULL) {
        return false;
    }
    array->is_big_endian = type[0] == '>';
    array->kind = type[1];
    array->item = (size_t)(type[2] - '0');
    if (array->kind == 'f') {
        return array->item == 4 || array->item == 8;
    }
    return array->item == 1 || array->item == 2 || array->item == 4 || array->item == 8;
}

/* {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } in any order. */
static synrl_status parse_dictionary(struct array *array, struct cursor *cursor) {
    bool has_type = false, has_order = false, has_shape = false;
    char key[16], type[16] = "";
    bool is_sound = accept(cursor, '{');
    while (is_sound && !accept(cursor, '}')) {
        is_sound = accept_string(cursor, key, sizeof key) && accept(cursor, ':');
        if (is_sound && strcmp(key, "descr") == 0) {
            has_type = is_sound = accept_string(cursor, type, sizeof type);
        } else if (is_sound && strcmp(key, "fortran_order") == 0) {
            array->is_fortran = accept_word(cursor, "True");
            has_order = is_sound = array->is_fortran || accept_word(cursor, "False");
        } else if (is_sound && strcmp(key, "shape") == 0) {
            has_shape = is_sound = accept_shape(cursor, array);
        } else {
            is_sound = false;
        }
        if (is_sound && !accept(cursor, ',')) {
            is_sound = accept(cursor, '}');
            break;
        }
    }
    if (!is_sound || !has_type || !has_order || !has_shape) {
        return FAIL_IN(array, "has a malformed header: %s",
                       "must be {'descr': '|u1', 'fortran_order': False, 'shape': (10, 28, 28), } "
                       "with a numeric type and at most 4 sizes");
    }
    return take_type(array, type)
               ? SYNRL_OK
               : FAIL_IN(array,
                         "is of type \"%s\": must be u1, u2, u4, u8, i1, i2, i4, i8, f4 or "
                         "f8",
                         type);
}

static synrl_status count_items(struct array *array, size_t limit) {
    array->n_items = 1;
    for (size_t d = 0; d < array->n_sizes; d++) {
        const size_t size = array->sizes[d];
        if (size == 0) {
            return FAIL_IN(array, "has size %zu of 0: must be at least 1", d + 1);
        }
        if (size > limit / array->item / array->n_items) {
            return FAIL_IN(array, "declares more than limit = %zu MiB", limit >> 20);
        }
        array->n_items *= size;
    }
    return SYNRL_OK;
}

static synrl_status read_header(struct array *array) {
    SYNRL_TRY(unpack_fill(array->unpack, &array->file, 12));
    const unsigned char *bytes = array->file.bytes;
    if (array->file.n < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0) {
        return FAIL_IN(array, "is not an .npy file: must begin with %s", "\\x93NUMPY");
    }
    const unsigned version = bytes[6];
    if (version < 1 || version > 3) {
        return FAIL_IN(array, "is .npy version %u.%u: must be 1.0, 2.0 or 3.0", version, bytes[7]);
    }
    size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    const size_t start = version == 1 ? 10 : 12;
    if (version > 1) {
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    }
    if (length > HEADER_LIMIT) {
        return FAIL_IN(array, "has a header of %zu bytes: must be at most %d", length,
                       HEADER_LIMIT);
    }
    array->data = start + length;
    SYNRL_TRY(unpack_fill(array->unpack, &array->file, array->data));
    if (array->file.n < array->data) {
        return FAIL_IN(array, "ends within its header, at byte %zu", array->file.n);
    }
    const char *text = (const char *)array->file.bytes;
    struct cursor cursor = {text + start, text + array->data};
    return parse_dictionary(array, &cursor);
}

/* Reads header and data; nothing may follow. */
static synrl_status array_read(struct array *array, size_t limit) {
    SYNRL_TRY(read_header(array));
    SYNRL_TRY(count_items(array, limit));
    const size_t wanted = array->data + array->n_items * array->item;
    SYNRL_TRY(unpack_fill(array->unpack, &array->file,
                          wanted + 1)); /* to the end, where libarchive checks the checksum */
    if (array->file.n != wanted) {
        return FAIL_IN(array, "has %zu bytes of data%s: its shape declares %zu",
                       array->file.n - array->data, array->file.n > wanted ? " or more" : "",
                       wanted - array->data);
    }
    return SYNRL_OK;
}

/* Finding -------------------------------------------------------------------------------------- */

static bool is_named(const char *entry, const char *name) {
    const size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 &&
           (entry[length] == '\0' || strcmp(entry + length, ".npy") == 0);
}

/* Reads the requested arrays in the order of the archive, and collects the names of all. */
static synrl_status read_entries(const synrl_host *host, struct npz *npz, size_t limit) {
    char found[256] = "";
    struct archive_entry *entry;
    SYNRL_TRY(unpack_next(&npz->unpack, &entry));
    while (entry != NULL) {
        const char *name;
        SYNRL_TRY(unpack_name(&npz->unpack, entry, &name));
        const size_t length = strlen(found);
        snprintf(found + length, sizeof found - length, "%s%.40s", length > 0 ? ", " : "", name);
        for (size_t a = 0; a < N_ARRAYS; a++) {
            if (is_named(name, npz->arrays[a].name) && npz->arrays[a].file.n == 0) {
                SYNRL_TRY(unpack_check(&npz->unpack));
                SYNRL_TRY(array_read(&npz->arrays[a], limit));
                break;
            }
        }
        SYNRL_TRY(unpack_next(&npz->unpack, &entry));
    }
    for (size_t a = 0; a < N_ARRAYS; a++) {
        if (npz->arrays[a].file.n == 0) {
            return host->fail(host, SYNRL_INVALID, "%s: has no array \"%s\"; it has %s",
                              npz->unpack.path, npz->arrays[a].name,
                              *found != '\0' ? found : "none");
        }
    }
    return SYNRL_OK;
}

/* Numbers -------------------------------------------------------------------------------------- */

/* Item i in the order of the file. */
static double array_value(const struct array *array, size_t i) {
    const unsigned char *at = array->file.bytes + array->data + i * array->item;
    uint64_t bits = 0;
    for (size_t b = 0; b < array->item; b++) {
        bits = bits << 8 | at[array->is_big_endian ? b : array->item - 1 - b];
    }
    if (array->kind == 'f' && array->item == 4) {
        const uint32_t half = (uint32_t)bits;
        float value;
        memcpy(&value, &half, sizeof value);
        return (double)value;
    }
    if (array->kind == 'f') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (array->kind == 'u') {
        return (double)bits;
    }
    const unsigned unused = 64 - 8 * (unsigned)array->item; /* the sign is the item's top bit */
    return (double)((int64_t)(bits << unused) >> unused);
}

/* The position in the file of item i in C order. */
static size_t array_place(const struct array *array, size_t i) {
    if (!array->is_fortran) {
        return i;
    }
    size_t place = 0, stride = array->n_items;
    for (size_t d = array->n_sizes; d-- > 0;) {
        stride /= array->sizes[d];
        place += i % array->sizes[d] * stride;
        i /= array->sizes[d];
    }
    return place;
}

static synrl_status take_bytes(const struct array *images, synrl_data *data) {
    uint8_t *bytes;
    SYNRL_TRY(SYNRL_NEW(images->unpack->host, bytes, images->n_items));
    for (size_t i = 0; i < images->n_items; i++) {
        bytes[i] = images->file.bytes[images->data + array_place(images, i)];
    }
    data->inputs = bytes;
    return SYNRL_OK;
}

static synrl_status take_floats(const struct array *images, synrl_data *data) {
    float *floats;
    SYNRL_TRY(SYNRL_NEW(images->unpack->host, floats, images->n_items));
    for (size_t i = 0; i < images->n_items; i++) {
        const double value = array_value(images, array_place(images, i));
        if (!(fabs(value) <= (double)FLT_MAX)) {
            return FAIL_IN(images, "has a value of %g: must be a finite float", value);
        }
        floats[i] = (float)value;
    }
    data->inputs = floats;
    return SYNRL_OK;
}

static synrl_status take_labels(const struct array *array, const char *classes, synrl_data *data) {
    enum { LABEL_MAX = 999999 };
    const synrl_host *host = array->unpack->host;
    int32_t *labels;
    SYNRL_TRY(SYNRL_NEW(host, labels, array->n_items));
    for (size_t s = 0; s < array->n_items; s++) {
        const double value = array_value(array, s);
        if (!(value >= 0 && value <= LABEL_MAX && floor(value) == value)) {
            return FAIL_IN(array, "gives sample %zu the label %g: must be a whole number from 0",
                           s + 1, value);
        }
        labels[s] = (int32_t)value;
        data->n_classes = (size_t)value >= data->n_classes ? (size_t)value + 1 : data->n_classes;
    }
    data->labels = labels;
    SYNRL_TRY(classes_name(host, classes, &data->n_classes, &data->class_names));
    return classes_check(host, array->unpack->path, data->n_classes);
}

static synrl_status check_shapes(const struct array *images, const struct array *labels) {
    if (images->n_sizes < 2) {
        return FAIL_IN(images, "has %zu sizes: must be 2 to 4, [n][d], [n][h][w] or [n][h][w][c]",
                       images->n_sizes);
    }
    if (labels->n_sizes != 1) {
        return FAIL_IN(labels, "has %zu sizes: must be 1", labels->n_sizes);
    }
    const bool is_channel_count = images->sizes[1] == 1 || images->sizes[1] == 3;
    if (images->n_sizes == 4 && is_channel_count && images->sizes[3] > 4) {
        const synrl_host *host = images->unpack->host;
        host->log(
            host, SYNRL_LOG_WARNING,
            "%s: array \"%s\" is read as [n][h][w][c], pictures of %zu x %zu with %zu channels; "
            "is it [n][c][h][w]?",
            images->unpack->path, images->name, images->sizes[1], images->sizes[2],
            images->sizes[3]);
    }
    return labels->n_items == images->sizes[0]
               ? SYNRL_OK
               : FAIL_IN(labels,
                         "has %zu labels for the %zu samples of \"%s\": the numbers must be equal",
                         labels->n_items, images->sizes[0], images->name);
}

/* The plugin ----------------------------------------------------------------------------------- */

static synrl_status create(const synrl_host *host, const void *configuration, void *self,
                           synrl_data *data) {
    const struct config *config = configuration;
    struct npz *npz = self;
    struct array *images = &npz->arrays[IMAGES], *labels = &npz->arrays[LABELS];
    npz->unpack = (struct unpack){.host = host, .path = config->path, .what = "an NPZ file"};
    *images = (struct array){.unpack = &npz->unpack, .name = config->images};
    *labels = (struct array){.unpack = &npz->unpack, .name = config->labels};
    if (strcmp(images->name, labels->name) == 0) {
        return FAIL_IN(images, "%s", "is given for the images and the labels: must be two arrays");
    }
    SYNRL_TRY(unpack_open(&npz->unpack, archive_read_support_format_zip_seekable));
    SYNRL_TRY(read_entries(host, npz, (size_t)config->limit << 20));
    unpack_close(&npz->unpack);
    SYNRL_TRY(check_shapes(images, labels));
    const bool are_bytes = images->kind == 'u' && images->item == 1, is_flat = images->n_sizes == 2;
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = images->sizes[0],
                         .n_inputs = images->n_items / images->sizes[0],
                         .format = are_bytes ? SYNRL_INPUT_BYTES : SYNRL_INPUT_F32,
                         .scale = are_bytes ? 1.0F / 255.0F : 0,
                         .height = is_flat ? 0 : images->sizes[1],
                         .width = is_flat ? 0 : images->sizes[2],
                         .n_channels = is_flat                ? 0
                                       : images->n_sizes == 4 ? images->sizes[3]
                                                              : 1};
    SYNRL_TRY(are_bytes ? take_bytes(images, data) : take_floats(images, data));
    SYNRL_TRY(take_labels(labels, config->classes, data));
    buffer_free(host, &images->file);
    buffer_free(host, &labels->file);
    return SYNRL_OK;
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    unpack_close(&((struct npz *)self)->unpack);
}

SYNRL_DATASET(npz, "1.0.0", "arrays of images and labels in NumPy's NPZ format",
              "NumPy: numpy.lib.format, versions 1.0 to 3.0", SYNRL_PARAMS(params), struct npz,
              .create = create, .destroy = destroy);
