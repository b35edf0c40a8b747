/* SPDX-License-Identifier: MIT */
/* Images and labels from NumPy's NPZ: a zip of .npy files, each a header in Python's notation and
 * an array. Invariants: memory grows with the bytes read, not with the sizes in a header; bytes
 * stay bytes, and every other number becomes a float. */
#define _POSIX_C_SOURCE 200809L /* fileno */
#include <math.h>
#include <stdlib.h>
#include <synrl/dataset.h>

#include "classes.h"
#include "npz/array.h"
#include "npz/labels.h"

struct config {
    const char *path, *images, *labels, *labels_path, *classes;
    int64_t first_label, limit;
};

static const synrl_param params[] = {
    SYNRL_STRING(path, SYNRL_REQUIRED, "the file"),
    SYNRL_STRING(images, "images",
                 "its array of inputs: [n][d], [n][h][w] or [n][h][w][c]; u1 counts as 0 .. 1"),
    SYNRL_STRING(labels, "labels",
                 "its array of labels: [n] numbers, truths, -1 and 1, or words; or [n][classes], "
                 "one-hot"),
    SYNRL_STRING(labels_path, SYNRL_OPTIONAL, "the file of the labels, where it is another"),
    SYNRL_STRING(classes, SYNRL_OPTIONAL, CLASSES_MEANING),
    SYNRL_INTEGER(first_label, "0", 0, 999999, FIRST_LABEL_MEANING),
    SYNRL_INTEGER(limit, "4096", 1, 1 << 20, "MiB that an unpacked array may have"),
};

enum { IMAGES, LABELS, N_ARRAYS };

struct npz {
    struct unpack unpacks[N_ARRAYS]; /* the second where the labels are in a file of their own */
    struct array arrays[N_ARRAYS];
};

/* The header ----------------------------------------------------------------------------------- */

static synrl_status count_items(struct array *array, size_t limit) {
    array->n_items = 1;
    for (size_t d = 0; d < array->npy.n_sizes; d++) {
        const size_t size = array->npy.sizes[d];
        if (size == 0) {
            return FAIL_IN(array, "has size %zu of 0: must be at least 1", d + 1);
        }
        if (size > limit / array_item(array) / array->n_items) {
            return FAIL_IN(array, "declares more than limit = %zu MiB", limit >> 20);
        }
        array->n_items *= size;
    }
    return SYNRL_OK;
}

static synrl_status read_header(struct array *array, bool is_labels) {
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
    return synrl_npy_is_number(&array->npy) || (is_labels && array_has_words(array))
               ? SYNRL_OK
               : FAIL_IN(array,
                         "is of type \"%s\": must be b1, u1, u2, u4, u8, i1, i2, i4, i8, f2, f4 or "
                         "f8%s",
                         array->npy.type, is_labels ? ", or words" : "");
}

/* Reads header and data; nothing may follow. */
static synrl_status array_read(struct array *array, bool is_labels, size_t limit) {
    SYNRL_TRY(read_header(array, is_labels));
    SYNRL_TRY(count_items(array, limit));
    const size_t wanted = array->data + array->n_items * array_item(array);
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

/* Reads those of the arrays that are in this archive, in its order, and collects the names of all.
 */
static synrl_status read_entries(struct unpack *unpack, struct array *arrays, size_t limit) {
    char found[256] = "";
    struct archive_entry *entry;
    SYNRL_TRY(unpack_next(unpack, &entry));
    while (entry != NULL) {
        const char *name;
        SYNRL_TRY(unpack_name(unpack, entry, &name));
        const size_t length = strlen(found);
        snprintf(found + length, sizeof found - length, "%s%.40s", length > 0 ? ", " : "", name);
        for (size_t a = 0; a < N_ARRAYS; a++) {
            if (arrays[a].unpack == unpack && is_named(name, arrays[a].name) &&
                arrays[a].file.n == 0) {
                SYNRL_TRY(unpack_check(unpack));
                SYNRL_TRY(array_read(&arrays[a], a == LABELS, limit));
                break;
            }
        }
        SYNRL_TRY(unpack_next(unpack, &entry));
    }
    for (size_t a = 0; a < N_ARRAYS; a++) {
        if (arrays[a].unpack == unpack && arrays[a].file.n == 0) {
            return unpack->host->fail(unpack->host, SYNRL_INVALID,
                                      "%s: has no array \"%s\"; it has %s", unpack->path,
                                      arrays[a].name, *found != '\0' ? found : "none");
        }
    }
    return SYNRL_OK;
}

static synrl_status read_archive(struct unpack *unpack, struct array *arrays, size_t limit) {
    SYNRL_TRY(unpack_open(unpack, archive_read_support_format_zip_seekable));
    SYNRL_TRY(read_entries(unpack, arrays, limit));
    unpack_close(unpack);
    return SYNRL_OK;
}

/* Numbers -------------------------------------------------------------------------------------- */

static synrl_status take_bytes(const struct array *images, synrl_data *data) {
    uint8_t *bytes;
    SYNRL_TRY(SYNRL_NEW(images->unpack->host, bytes, images->n_items));
    for (size_t i = 0; i < images->n_items; i++) {
        bytes[i] = *array_at(images, i);
    }
    data->inputs = bytes;
    return SYNRL_OK;
}

static synrl_status take_floats(const struct array *images, synrl_data *data) {
    float *floats;
    SYNRL_TRY(SYNRL_NEW(images->unpack->host, floats, images->n_items));
    for (size_t i = 0; i < images->n_items; i++) {
        const double value = synrl_npy_value(&images->npy, array_at(images, i));
        if (!(fabs(value) <= (double)FLT_MAX)) {
            return FAIL_IN(images, "has a value of %g: must be a finite float", value);
        }
        floats[i] = (float)value;
    }
    data->inputs = floats;
    return SYNRL_OK;
}

static synrl_status check_shapes(const struct array *images, const struct array *labels) {
    if (images->npy.n_sizes < 2) {
        return FAIL_IN(images, "has %zu sizes: must be 2 to 4, [n][d], [n][h][w] or [n][h][w][c]",
                       images->npy.n_sizes);
    }
    const bool is_table = labels->npy.n_sizes == 2 && !array_has_words(labels);
    if (labels->npy.n_sizes != 1 && !is_table) {
        return FAIL_IN(labels, "has %zu sizes: must be 1, or 2 if it is one-hot",
                       labels->npy.n_sizes);
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
    return labels->npy.sizes[0] == images->npy.sizes[0]
               ? SYNRL_OK
               : FAIL_IN(labels,
                         "has %zu labels for the %zu samples of \"%s\": the numbers must be equal",
                         labels->npy.sizes[0], images->npy.sizes[0], images->name);
}

/* The plugin ----------------------------------------------------------------------------------- */

static synrl_status create(const synrl_host *host, const void *configuration, void *self,
                           synrl_data *data) {
    const struct config *config = configuration;
    struct npz *npz = self;
    struct array *images = &npz->arrays[IMAGES], *labels = &npz->arrays[LABELS];
    const bool are_apart = config->labels_path != NULL && *config->labels_path != '\0';
    for (size_t a = 0; a < N_ARRAYS; a++) {
        npz->unpacks[a] =
            (struct unpack){.host = host, .path = config->path, .what = "an NPZ file"};
    }
    npz->unpacks[LABELS].path = config->labels_path;
    *images = (struct array){.unpack = &npz->unpacks[IMAGES], .name = config->images};
    *labels = (struct array){.unpack = &npz->unpacks[are_apart ? LABELS : IMAGES],
                             .name = config->labels};
    if (!are_apart && strcmp(images->name, labels->name) == 0) {
        return FAIL_IN(images, "%s", "is given for the images and the labels: must be two arrays");
    }
    const size_t limit = (size_t)config->limit << 20;
    SYNRL_TRY(read_archive(images->unpack, npz->arrays, limit));
    if (are_apart) {
        SYNRL_TRY(read_archive(labels->unpack, npz->arrays, limit));
    }
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
    SYNRL_TRY(labels_take(labels, config->classes, config->first_label, data));
    buffer_free(host, &images->file);
    buffer_free(host, &labels->file);
    return SYNRL_OK;
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    struct npz *npz = self;
    for (size_t a = 0; a < N_ARRAYS; a++) {
        unpack_close(&npz->unpacks[a]);
    }
}

SYNRL_DATASET(npz, "1.1.0", "arrays of images and labels in NumPy's NPZ format",
              "NumPy: numpy.lib.format, versions 1.0 to 3.0", SYNRL_PARAMS(params), struct npz,
              .create = create, .destroy = destroy);
