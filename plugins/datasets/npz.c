/* Images and labels from NumPy's NPZ: a zip of .npy files, each a header in Python's notation and
 * an array. Invariants: memory grows with the bytes read, not with the sizes in a header; bytes
 * stay bytes, and every other number becomes a float. */
#define _POSIX_C_SOURCE 200809L /* fileno */
#include <archive.h>
#include <archive_entry.h>
#include <math.h>
#include <stdlib.h>
#include <synrl/dataset.h>

#include "buffer.h"
#include "classes.h"

struct config {
    const char *path, *images, *labels, *classes;
    int64_t limit;
};

enum { N_SIZES_MAX = 4, HEADER_LIMIT = 1 << 16 };

struct npz {
    const synrl_host *host;
    uint8_t *bytes; /* one of the two has the inputs */
    float *floats;
    int32_t *labels;
    const char **class_names;
};

/* One .npy, being read and afterwards. */
struct array {
    const synrl_host *host;
    const char *path, *name; /* of the archive, and of the array in it */
    struct buffer file;      /* header and data */
    size_t data;             /* offset of the data in it */
    char kind;               /* 'u', 'i' or 'f' */
    size_t item;             /* bytes of a number: 1, 2, 4 or 8 */
    bool is_big_endian, is_fortran;
    size_t n_sizes, sizes[N_SIZES_MAX], n_items;
};

#define FAIL_IN(array, format, ...)                                                              \
    (array)->host->fail((array)->host, SYNRL_INVALID, "%s: array \"%s\" " format, (array)->path, \
                        (array)->name, __VA_ARGS__)

/* The archive ---------------------------------------------------------------------------------- */

static synrl_status fail_archive(const synrl_host *host, struct archive *archive,
                                 const char *path) {
    const char *why = archive_error_string(archive);
    return host->fail(host, archive_errno(archive) == ENOMEM ? SYNRL_NO_MEMORY : SYNRL_INVALID,
                      "%s: is not an NPZ file, or damaged: %s", path,
                      why != NULL ? why : "unknown reason");
}

/* Continues reading until `file` has n bytes, or the entry ends. */
static synrl_status array_fill(struct array *array, struct archive *archive, size_t n) {
    enum { PIECE = 1 << 16 };
    while (array->file.n < n) {
        const size_t left = n - array->file.n;
        SYNRL_TRY(buffer_reserve(&array->file, left < PIECE ? left : PIECE));
        const la_ssize_t got = archive_read_data(archive, array->file.bytes + array->file.n,
                                                 left < PIECE ? left : PIECE);
        if (got < 0) {
            return fail_archive(array->host, archive, array->path);
        }
        if (got == 0) {
            break;
        }
        array->file.n += (size_t)got;
    }
    return SYNRL_OK;
}

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

static synrl_status read_header(struct array *array, struct archive *archive) {
    SYNRL_TRY(array_fill(array, archive, 12));
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
    SYNRL_TRY(array_fill(array, archive, array->data));
    if (array->file.n < array->data) {
        return FAIL_IN(array, "ends within its header, at byte %zu", array->file.n);
    }
    const char *text = (const char *)array->file.bytes;
    struct cursor cursor = {text + start, text + array->data};
    return parse_dictionary(array, &cursor);
}

/* Reads header and data; nothing may follow. */
static synrl_status array_read(struct array *array, struct archive *archive, size_t limit) {
    SYNRL_TRY(read_header(array, archive));
    SYNRL_TRY(count_items(array, limit));
    const size_t wanted = array->data + array->n_items * array->item;
    SYNRL_TRY(array_fill(array, archive, wanted + 1)); /* to the end, where libarchive checks the
                                                        * checksum */
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
    return entry != NULL && strncmp(entry, name, length) == 0 &&
           (entry[length] == '\0' || strcmp(entry + length, ".npy") == 0);
}

static synrl_status fail_missing(const struct array *array, const char *found) {
    return array->host->fail(array->host, SYNRL_INVALID, "%s: has no array \"%s\"; it has %s",
                             array->path, array->name, *found != '\0' ? found : "none");
}

/* Reads the requested arrays in the order of the archive, and collects the names of all. */
static synrl_status read_entries(struct archive *archive, struct array *arrays, size_t n_arrays,
                                 size_t limit) {
    char found[256] = "";
    struct archive_entry *entry;
    int code;
    while ((code = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
           code == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);
        const size_t length = strlen(found);
        snprintf(found + length, sizeof found - length, "%s%.40s", length > 0 ? ", " : "",
                 name != NULL ? name : "?");
        for (size_t a = 0; a < n_arrays; a++) {
            if (is_named(name, arrays[a].name) && arrays[a].file.n == 0) {
                SYNRL_TRY(array_read(&arrays[a], archive, limit));
                break;
            }
        }
    }
    if (code != ARCHIVE_EOF) {
        return fail_archive(arrays->host, archive, arrays->path);
    }
    for (size_t a = 0; a < n_arrays; a++) {
        if (arrays[a].file.n == 0) {
            return fail_missing(&arrays[a], found);
        }
    }
    return SYNRL_OK;
}

static synrl_status read_archive(struct array *arrays, size_t n_arrays, size_t limit) {
    const synrl_host *host = arrays->host;
    FILE *file = fopen(arrays->path, "rbe");
    if (file == NULL) {
        return host->fail(host, SYNRL_IO, "%s: cannot be opened: %s", arrays->path,
                          strerror(errno));
    }
    struct archive *archive = archive_read_new();
    synrl_status status = SYNRL_NO_MEMORY;
    if (archive == NULL) {
        host->fail(host, status, "%s: not enough memory to read it", arrays->path);
    } else if (archive_read_support_format_zip_seekable(archive) != ARCHIVE_OK ||
               archive_read_open_fd(archive, fileno(file), 1 << 16) != ARCHIVE_OK) {
        status = fail_archive(host, archive, arrays->path);
    } else {
        status = read_entries(archive, arrays, n_arrays, limit);
    }
    archive_read_free(archive);
    fclose(file);
    return status;
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

static synrl_status take_inputs(struct npz *npz, const struct array *images) {
    const bool are_bytes = images->kind == 'u' && images->item == 1;
    if (are_bytes) {
        npz->bytes = npz->host->alloc(npz->host, images->n_items, 1);
    } else {
        npz->floats = npz->host->alloc(npz->host, images->n_items, sizeof *npz->floats);
    }
    if (npz->bytes == NULL && npz->floats == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < images->n_items; i++) {
        const size_t place = array_place(images, i);
        if (are_bytes) {
            npz->bytes[i] = images->file.bytes[images->data + place];
            continue;
        }
        const double value = array_value(images, place);
        if (!(fabs(value) <= (double)FLT_MAX)) {
            return FAIL_IN(images, "has a value of %g: must be a finite float", value);
        }
        npz->floats[i] = (float)value;
    }
    return SYNRL_OK;
}

static synrl_status take_labels(struct npz *npz, const struct array *labels, const char *classes,
                                size_t *n_classes) {
    npz->labels = npz->host->alloc(npz->host, labels->n_items, sizeof *npz->labels);
    if (npz->labels == NULL) {
        return SYNRL_NO_MEMORY;
    }
    enum { LABEL_MAX = 999999 };
    *n_classes = 0;
    for (size_t s = 0; s < labels->n_items; s++) {
        const double value = array_value(labels, s);
        if (!(value >= 0 && value <= LABEL_MAX && floor(value) == value)) {
            return FAIL_IN(labels, "gives sample %zu the label %g: must be a whole number from 0",
                           s + 1, value);
        }
        npz->labels[s] = (int32_t)value;
        *n_classes = (size_t)value >= *n_classes ? (size_t)value + 1 : *n_classes;
    }
    SYNRL_TRY(classes_name(npz->host, classes, n_classes, &npz->class_names));
    return classes_check(npz->host, labels->path, *n_classes);
}

static synrl_status check_shapes(const struct array *images, const struct array *labels) {
    if (images->n_sizes < 2) {
        return FAIL_IN(images, "has %zu sizes: must be 2 to 4, [n][d], [n][h][w] or [n][h][w][c]",
                       images->n_sizes);
    }
    if (labels->n_sizes != 1) {
        return FAIL_IN(labels, "has %zu sizes: must be 1", labels->n_sizes);
    }
    return labels->n_items == images->sizes[0]
               ? SYNRL_OK
               : FAIL_IN(labels,
                         "has %zu labels for the %zu samples of \"%s\": the numbers must be equal",
                         labels->n_items, images->sizes[0], images->name);
}

/* The plugin ----------------------------------------------------------------------------------- */

static synrl_status take(struct npz *npz, const struct config *config, const struct array *images,
                         const struct array *labels, synrl_data *data) {
    size_t n_classes;
    SYNRL_TRY(check_shapes(images, labels));
    SYNRL_TRY(take_inputs(npz, images));
    SYNRL_TRY(take_labels(npz, labels, config->classes, &n_classes));
    const bool are_bytes = npz->bytes != NULL, is_flat = images->n_sizes == 2;
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = images->sizes[0],
                         .n_inputs = images->n_items / images->sizes[0],
                         .format = are_bytes ? SYNRL_INPUT_U8 : SYNRL_INPUT_F32,
                         .scale = are_bytes ? 1.0F / 255.0F : 0,
                         .inputs = are_bytes ? (const void *)npz->bytes : npz->floats,
                         .labels = npz->labels,
                         .n_classes = n_classes,
                         .class_names = npz->class_names,
                         .height = is_flat ? 0 : images->sizes[1],
                         .width = is_flat ? 0 : images->sizes[2],
                         .n_channels = is_flat                ? 0
                                       : images->n_sizes == 4 ? images->sizes[3]
                                                              : 1};
    return SYNRL_OK;
}

static synrl_status load(struct npz *npz, const struct config *config, synrl_data *data) {
    enum { IMAGES, LABELS, N_ARRAYS };
    struct array arrays[N_ARRAYS];
    const char *names[] = {config->images, config->labels};
    for (size_t a = 0; a < N_ARRAYS; a++) {
        arrays[a] = (struct array){
            .host = npz->host, .path = config->path, .name = names[a], .file = {.host = npz->host}};
    }
    synrl_status status = read_archive(arrays, N_ARRAYS, (size_t)config->limit << 20);
    if (status == SYNRL_OK) {
        status = take(npz, config, &arrays[IMAGES], &arrays[LABELS], data);
    }
    for (size_t a = 0; a < N_ARRAYS; a++) {
        buffer_free(&arrays[a].file);
    }
    return status;
}

static void npz_destroy(void *self) {
    struct npz *npz = self;
    const synrl_host *host = npz->host;
    host->free(host, npz->bytes);
    host->free(host, npz->floats);
    host->free(host, npz->labels);
    host->free(host, npz->class_names);
    host->free(host, npz);
}

static synrl_status npz_create(const synrl_host *host, const void *config, synrl_data *data,
                               void **self) {
    struct npz *npz = host->alloc(host, 1, sizeof *npz);
    if (npz == NULL) {
        return SYNRL_NO_MEMORY;
    }
    npz->host = host;
    const synrl_status status = load(npz, config, data);
    if (status != SYNRL_OK) {
        npz_destroy(npz);
        return status;
    }
    *self = npz;
    return SYNRL_OK;
}

static const synrl_param params[] = {
    {.name = "path",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, path),
     .meaning = "the file"},
    {.name = "images",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, images),
     .default_text = "images",
     .meaning = "its array of inputs: [n][d], [n][h][w] or [n][h][w][c]; u1 counts as 0 .. 1"},
    {.name = "labels",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, labels),
     .default_text = "labels",
     .meaning = "its array of labels: [n]"},
    {.name = "classes",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, classes),
     .default_text = "",
     .meaning = CLASSES_MEANING},
    {.name = "limit",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, limit),
     .default_text = "4096",
     .min = 1,
     .max = 1 << 20,
     .meaning = "MiB that an unpacked array may have"},
};

static const synrl_dataset_ops ops = {
    SYNRL_OPS_SIZE(synrl_dataset_ops),
    .create = npz_create,
    .destroy = npz_destroy,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_DATASET,
    .id = "npz",
    .version = "1.0.0",
    .summary = "arrays of images and labels in NumPy's NPZ format",
    .source = "NumPy: numpy.lib.format, versions 1.0 to 3.0",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
