/* SPDX-License-Identifier: MIT */
/* Images and labels from NumPy's NPZ: a zip of .npy files, each a header in Python's notation and
 * an array. Invariants: memory grows with the bytes read, not with the sizes in a header; bytes
 * stay bytes, and every other number becomes a float. */
#define _POSIX_C_SOURCE 200809L /* fileno */
#include <math.h>
#include <stdlib.h>
#include <synrl/dataset.h>
#include <synrl/npy.h>

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

/* One .npy during reading, and its contents afterwards. */
struct array {
    struct unpack *unpack;
    const char *name;   /* in the archive */
    struct buffer file; /* header and data */
    size_t data;        /* offset of the data in it */
    synrl_npy npy;
    size_t n_items;
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

static synrl_status count_items(struct array *array, size_t limit) {
    array->n_items = 1;
    for (size_t d = 0; d < array->npy.n_sizes; d++) {
        const size_t size = array->npy.sizes[d];
        if (size == 0) {
            return FAIL_IN(array, "has size %zu of 0: must be at least 1", d + 1);
        }
        if (size > limit / array->npy.item / array->n_items) {
            return FAIL_IN(array, "declares more than limit = %zu MiB", limit >> 20);
        }
        array->n_items *= size;
    }
    return SYNRL_OK;
}

static synrl_status read_header(struct array *array) {
    SYNRL_TRY(unpack_fill(array->unpack, &array->file, SYNRL_NPY_PREFIX));
    const unsigned char *bytes = array->file.bytes;
    if (array->file.n < SYNRL_NPY_PREFIX || memcmp(bytes, "\x93NUMPY", 6) != 0) {
        return FAIL_IN(array, "is not an .npy file: must begin with %s", "\\x93NUMPY");
    }
    array->data = synrl_npy_start(bytes);
    if (array->data == 0) {
        return FAIL_IN(array, "is .npy version %u.%u: must be 1.0, 2.0 or 3.0", bytes[6], bytes[7]);
    }
    if (array->data > SYNRL_NPY_HEADER_MAX) {
        return FAIL_IN(array, "has a header of %zu bytes: must be at most %d", array->data,
                       SYNRL_NPY_HEADER_MAX);
    }
    SYNRL_TRY(unpack_fill(array->unpack, &array->file, array->data));
    if (array->file.n < array->data) {
        return FAIL_IN(array, "ends within its header, at byte %zu", array->file.n);
    }
    if (!synrl_npy_parse(array->file.bytes, array->data, &array->npy)) {
        return FAIL_IN(array, "has a malformed header: %s",
                       "must be {'descr': '|u1', 'fortran_order': False, 'shape': (10, 28, 28), } "
                       "with a numeric type and at most 4 sizes");
    }
    return synrl_npy_is_number(&array->npy)
               ? SYNRL_OK
               : FAIL_IN(array,
                         "is of type \"%s\": must be b1, u1, u2, u4, u8, i1, i2, i4, i8, f2, f4 or "
                         "f8",
                         array->npy.type);
}

/* Reads header and data; nothing may follow. */
static synrl_status array_read(struct array *array, size_t limit) {
    SYNRL_TRY(read_header(array));
    SYNRL_TRY(count_items(array, limit));
    const size_t wanted = array->data + array->n_items * array->npy.item;
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
    return synrl_npy_value(&array->npy, array->file.bytes + array->data + i * array->npy.item);
}

/* The position in the file of item i in C order. */
static size_t array_place(const struct array *array, size_t i) {
    return synrl_npy_place(&array->npy, array->n_items, i);
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
    if (images->npy.n_sizes < 2) {
        return FAIL_IN(images, "has %zu sizes: must be 2 to 4, [n][d], [n][h][w] or [n][h][w][c]",
                       images->npy.n_sizes);
    }
    if (labels->npy.n_sizes != 1) {
        return FAIL_IN(labels, "has %zu sizes: must be 1", labels->npy.n_sizes);
    }
    const bool is_channel_count = images->npy.sizes[1] == 1 || images->npy.sizes[1] == 3;
    if (images->npy.n_sizes == 4 && is_channel_count && images->npy.sizes[3] > 4) {
        const synrl_host *host = images->unpack->host;
        host->log(
            host, SYNRL_LOG_WARNING,
            "%s: array \"%s\" is read as [n][h][w][c], pictures of %zu x %zu with %zu channels; "
            "is it [n][c][h][w]?",
            images->unpack->path, images->name, images->npy.sizes[1], images->npy.sizes[2],
            images->npy.sizes[3]);
    }
    return labels->n_items == images->npy.sizes[0]
               ? SYNRL_OK
               : FAIL_IN(labels,
                         "has %zu labels for the %zu samples of \"%s\": the numbers must be equal",
                         labels->n_items, images->npy.sizes[0], images->name);
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
    const bool are_bytes = images->npy.kind == 'u' && images->npy.item == 1,
               is_flat = images->npy.n_sizes == 2;
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = images->npy.sizes[0],
                         .n_inputs = images->n_items / images->npy.sizes[0],
                         .format = are_bytes ? SYNRL_INPUT_BYTES : SYNRL_INPUT_F32,
                         .scale = are_bytes ? 1.0F / 255.0F : 0,
                         .height = is_flat ? 0 : images->npy.sizes[1],
                         .width = is_flat ? 0 : images->npy.sizes[2],
                         .n_channels = is_flat                    ? 0
                                       : images->npy.n_sizes == 4 ? images->npy.sizes[3]
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
