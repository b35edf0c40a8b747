/* SPDX-License-Identifier: MIT */
/* Images and labels in MNIST's IDX format, gzip-compressed or plain: a magic number 00 00 08 n, n
 * sizes as big-endian 32-bit numbers, and the bytes. Invariants: bytes stay bytes, and memory grows
 * with the bytes read, not with the sizes in a header. */
#define _POSIX_C_SOURCE 200809L /* fdopen */
#include <synrl/dataset.h>
#include <zlib.h>

#include "buffer.h"
#include "classes.h"
#include "open.h"

struct config {
    const char *images, *labels, *classes;
    int64_t first_label, limit;
};

static const synrl_param params[] = {
    SYNRL_STRING(images, SYNRL_REQUIRED,
                 "the file of the images, gzip or plain, such as images-idx3-ubyte.gz"),
    SYNRL_STRING(labels, SYNRL_REQUIRED, "the file of their labels, such as labels-idx1-ubyte.gz"),
    SYNRL_STRING(classes, SYNRL_OPTIONAL, CLASSES_MEANING),
    SYNRL_INTEGER(first_label, "0", 0, 255, FIRST_LABEL_MEANING),
    SYNRL_INTEGER(limit, "4096", 1, 1 << 20, "MiB that the unpacked images may have"),
};

enum { N_SIZES_MAX = 3 };

/* A file during reading, and its contents afterwards. */
struct file {
    const synrl_host *host;
    const char *path;
    gzFile stream;
    size_t limit; /* bytes */
    unsigned n_sizes;
    size_t sizes[N_SIZES_MAX];
    struct buffer data;
};

struct idx {
    struct file images, labels;
};

#define FAIL(file, format, ...) \
    (file)->host->fail((file)->host, SYNRL_INVALID, "%s: " format, (file)->path, __VA_ARGS__)

/* Reads n bytes, or fewer at the end of the file. */
static synrl_status file_read(struct file *file, void *bytes, unsigned n, unsigned *n_read) {
    const int got = gzread(file->stream, bytes, n);
    int code = Z_OK;
    const char *why = gzerror(file->stream, &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
        return code == Z_ERRNO ? file->host->fail(file->host, SYNRL_IO, "%s: cannot be read: %s",
                                                  file->path, strerror(errno))
                               : FAIL(file, "is damaged or truncated: %s", why);
    }
    *n_read = (unsigned)got;
    return SYNRL_OK;
}

static synrl_status read_magic(struct file *file, unsigned least, unsigned most) {
    unsigned char magic[4] = {0};
    unsigned n;
    SYNRL_TRY(file_read(file, magic, 4, &n));
    if (n < 4 || magic[0] != 0 || magic[1] != 0) {
        return FAIL(file,
                    "is not an IDX file: begins with %u bytes %02x %02x %02x %02x, must be 00 00 "
                    "08 %02x",
                    n, magic[0], magic[1], magic[2], magic[3], most);
    }
    if (magic[2] != 8) {
        return FAIL(file, "IDX of type 0x%02x: must be 0x08, bytes", magic[2]);
    }
    if (magic[3] < least || magic[3] > most) {
        return FAIL(file, "IDX of %u dimensions: must be %s", magic[3],
                    most == 1 ? "1 for labels" : "2 or 3 for images");
    }
    file->n_sizes = magic[3];
    return SYNRL_OK;
}

static synrl_status read_sizes(struct file *file, size_t *n_bytes) {
    unsigned char bytes[4 * N_SIZES_MAX];
    unsigned n;
    SYNRL_TRY(file_read(file, bytes, 4 * file->n_sizes, &n));
    if (n < 4 * file->n_sizes) {
        return FAIL(file, "%s", "ends within its header");
    }
    *n_bytes = 1;
    for (size_t d = 0; d < file->n_sizes; d++) {
        const unsigned char *at = bytes + 4 * d;
        const size_t size =
            (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | (size_t)at[3];
        if (size == 0) {
            return FAIL(file, "size %zu is 0: must be at least 1", d + 1);
        }
        if (size > file->limit / *n_bytes) {
            return FAIL(file, "declares more than limit = %zu MiB", file->limit >> 20);
        }
        file->sizes[d] = size;
        *n_bytes *= size;
    }
    return SYNRL_OK;
}

/* Reads exactly n bytes, after which the file must end. */
static synrl_status read_data(struct file *file, size_t n_bytes) {
    enum { PIECE = 1 << 16 };
    struct buffer *data = &file->data;
    unsigned n;
    while (data->n < n_bytes) {
        const size_t left = n_bytes - data->n;
        const unsigned wanted = left < PIECE ? (unsigned)left : PIECE;
        SYNRL_TRY(buffer_reserve(file->host, data, wanted));
        SYNRL_TRY(file_read(file, data->bytes + data->n, wanted, &n));
        data->n += n;
        if (n == 0) {
            return FAIL(file, "has %zu bytes of data: its header declares %zu", data->n, n_bytes);
        }
    }
    unsigned char more;
    SYNRL_TRY(file_read(file, &more, 1, &n));
    return n == 0 ? SYNRL_OK
                  : FAIL(file, "has data after the %zu bytes declared in its header", n_bytes);
}

static void close_stream(struct file *file) {
    if (file->stream != NULL) {
        gzclose_r(file->stream);
        file->stream = NULL;
    }
}

/* Reads a whole file of `least` to `most` dimensions. */
static synrl_status load(const synrl_host *host, const char *path, int64_t limit, unsigned least,
                         unsigned most, struct file *file) {
    size_t n_bytes = 0;
    file->host = host;
    file->path = path;
    file->limit = (size_t)limit << 20;
    const char *why;
    const int opened = file_open_fd(path, &why);
    if (opened < 0) {
        return fail_open_why(host, path, why);
    }
    file->stream = gzdopen(opened, "rb");
    if (file->stream == NULL) {
        close(opened);
        return host->fail(host, SYNRL_NO_MEMORY, "%s: not enough memory to read it", path);
    }
    SYNRL_TRY(read_magic(file, least, most));
    SYNRL_TRY(read_sizes(file, &n_bytes));
    SYNRL_TRY(read_data(file, n_bytes));
    close_stream(file);
    return SYNRL_OK;
}

static synrl_status take_labels(const synrl_host *host, const struct config *config,
                                struct buffer *bytes, synrl_data *data) {
    const size_t first = (size_t)config->first_label;
    bool has_first = false;
    int32_t *labels;
    SYNRL_TRY(SYNRL_NEW(host, labels, bytes->n));
    for (size_t s = 0; s < bytes->n; s++) {
        if (bytes->bytes[s] < first) {
            return host->fail(host, SYNRL_INVALID,
                              "%s: gives sample %zu the label %u: must be at least first_label = "
                              "%zu",
                              config->labels, s + 1, bytes->bytes[s], first);
        }
        const size_t label = bytes->bytes[s] - first;
        has_first = has_first || label == 0;
        labels[s] = (int32_t)label;
        data->n_classes = label >= data->n_classes ? label + 1 : data->n_classes;
    }
    buffer_free(host, bytes);
    data->labels = labels;
    if (!has_first && first == 0) {
        host->log(host, SYNRL_LOG_WARNING,
                  "%s: has no label 0: first_label = 1 if they count from 1", config->labels);
    }
    SYNRL_TRY(classes_name(host, config->labels, config->classes, config->first_label,
                           &data->n_classes, &data->class_names));
    return classes_check(host, config->labels, data->n_classes);
}

static synrl_status create(const synrl_host *host, const void *configuration, void *self,
                           synrl_data *data) {
    const struct config *config = configuration;
    struct idx *idx = self;
    struct file *images = &idx->images, *labels = &idx->labels;
    SYNRL_TRY(load(host, config->images, config->limit, 2, 3, images));
    SYNRL_TRY(load(host, config->labels, config->limit, 1, 1, labels));
    if (labels->sizes[0] != images->sizes[0]) {
        return FAIL(labels, "%zu labels for the %zu images of %s: the numbers must be equal",
                    labels->sizes[0], images->sizes[0], config->images);
    }
    const bool is_flat = images->n_sizes == 2;
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = images->sizes[0],
                         .n_inputs = images->data.n / images->sizes[0],
                         .format = SYNRL_INPUT_BYTES,
                         .scale = 1.0F / 255.0F,
                         .inputs = images->data.bytes,
                         .height = is_flat ? 0 : images->sizes[1],
                         .width = is_flat ? 0 : images->sizes[2],
                         .n_channels = is_flat ? 0 : 1};
    return take_labels(host, config, &labels->data, data);
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    struct idx *idx = self;
    close_stream(&idx->images);
    close_stream(&idx->labels);
}

SYNRL_DATASET(idx, "1.1.0", "images and labels in MNIST's IDX format, gzip or plain",
              "LeCun, Cortes and Burges: the MNIST database, \"file formats\"",
              SYNRL_PARAMS(params), struct idx, .create = create, .destroy = destroy);
