/* Images and labels in MNIST's IDX format, gzip-compressed or plain: a magic number 00 00 08 n, n
 * sizes as big-endian 32-bit numbers, and the bytes. Invariants: bytes stay bytes, and memory grows
 * with the bytes read, not with the sizes in a header. */
#include <synrl/dataset.h>
#include <zlib.h>

#include "buffer.h"
#include "classes.h"

struct config {
    const char *images, *labels, *classes;
    int64_t limit;
};

enum { N_SIZES_MAX = 3 };

struct idx {
    const synrl_host *host;
    struct buffer pixels;
    int32_t *labels;
    const char **class_names;
};

/* A file being read. */
struct file {
    const synrl_host *host;
    const char *path;
    gzFile stream;
    size_t limit; /* bytes */
    unsigned n_sizes;
    size_t sizes[N_SIZES_MAX];
};

/* Reads n bytes, or fewer at the end of the file. */
static synrl_status file_read(struct file *file, void *bytes, unsigned n, unsigned *n_read) {
    const int got = gzread(file->stream, bytes, n);
    int code = Z_OK;
    const char *why = gzerror(file->stream, &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
        return code == Z_ERRNO
                   ? file->host->fail(file->host, SYNRL_IO, "%s: cannot be read: %s", file->path,
                                      strerror(errno))
                   : file->host->fail(file->host, SYNRL_INVALID, "%s: is damaged or truncated: %s",
                                      file->path, why);
    }
    *n_read = (unsigned)got;
    return SYNRL_OK;
}

static synrl_status read_magic(struct file *file, unsigned least, unsigned most) {
    unsigned char magic[4] = {0};
    unsigned n;
    SYNRL_TRY(file_read(file, magic, 4, &n));
    if (n < 4 || magic[0] != 0 || magic[1] != 0) {
        return file->host->fail(file->host, SYNRL_INVALID,
                                "%s: is not an IDX file: begins with %u bytes %02x %02x %02x %02x, "
                                "must be 00 00 08 %02x",
                                file->path, n, magic[0], magic[1], magic[2], magic[3], most);
    }
    if (magic[2] != 8) {
        return file->host->fail(file->host, SYNRL_INVALID,
                                "%s: IDX of type 0x%02x: must be 0x08, bytes", file->path,
                                magic[2]);
    }
    if (magic[3] < least || magic[3] > most) {
        return file->host->fail(file->host, SYNRL_INVALID, "%s: IDX of %u dimensions: must be %s",
                                file->path, magic[3],
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
        return file->host->fail(file->host, SYNRL_INVALID, "%s: ends within its header",
                                file->path);
    }
    *n_bytes = 1;
    for (size_t d = 0; d < file->n_sizes; d++) {
        const unsigned char *at = bytes + 4 * d;
        const size_t size =
            (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | (size_t)at[3];
        if (size == 0) {
            return file->host->fail(file->host, SYNRL_INVALID,
                                    "%s: size %zu is 0: must be at least 1", file->path, d + 1);
        }
        if (size > file->limit / *n_bytes) {
            return file->host->fail(file->host, SYNRL_INVALID,
                                    "%s: declares more than limit = %zu MiB", file->path,
                                    file->limit >> 20);
        }
        file->sizes[d] = size;
        *n_bytes *= size;
    }
    return SYNRL_OK;
}

/* Reads exactly n bytes, after which the file must end. */
static synrl_status read_bytes(struct file *file, size_t n_bytes, struct buffer *bytes) {
    enum { PIECE = 1 << 16 };
    for (;;) {
        const size_t left = n_bytes - bytes->n;
        const unsigned wanted = left < PIECE ? (unsigned)left : PIECE;
        unsigned n;
        unsigned char behind;
        if (wanted == 0) {
            SYNRL_TRY(file_read(file, &behind, 1, &n));
            return n == 0
                       ? SYNRL_OK
                       : file->host->fail(file->host, SYNRL_INVALID,
                                          "%s: has data after the %zu bytes declared in its header",
                                          file->path, n_bytes);
        }
        SYNRL_TRY(buffer_reserve(bytes, wanted));
        SYNRL_TRY(file_read(file, bytes->bytes + bytes->n, wanted, &n));
        bytes->n += n;
        if (n == 0) {
            return file->host->fail(file->host, SYNRL_INVALID,
                                    "%s: has %zu bytes of data: its header declares %zu",
                                    file->path, bytes->n, n_bytes);
        }
    }
}

/* Reads a whole file of `least` to `most` dimensions, and leaves its sizes in *file. */
static synrl_status file_load(struct file *file, unsigned least, unsigned most,
                              struct buffer *bytes) {
    errno = 0;
    file->stream = gzopen(file->path, "rbe");
    if (file->stream == NULL) {
        return errno == 0 ? file->host->fail(file->host, SYNRL_NO_MEMORY,
                                             "%s: not enough memory to read it", file->path)
                          : file->host->fail(file->host, SYNRL_IO, "%s: cannot be opened: %s",
                                             file->path, strerror(errno));
    }
    size_t n_bytes = 0;
    synrl_status status = read_magic(file, least, most);
    if (status == SYNRL_OK) {
        status = read_sizes(file, &n_bytes);
    }
    if (status == SYNRL_OK) {
        status = read_bytes(file, n_bytes, bytes);
    }
    gzclose_r(file->stream);
    return status;
}

static synrl_status take_labels(struct idx *idx, const struct config *config,
                                const struct buffer *bytes, size_t *n_classes) {
    idx->labels = idx->host->alloc(idx->host, bytes->n, sizeof *idx->labels);
    if (idx->labels == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *n_classes = 0;
    for (size_t s = 0; s < bytes->n; s++) {
        idx->labels[s] = bytes->bytes[s];
        *n_classes = bytes->bytes[s] >= *n_classes ? (size_t)bytes->bytes[s] + 1 : *n_classes;
    }
    SYNRL_TRY(classes_name(idx->host, config->classes, n_classes, &idx->class_names));
    return classes_check(idx->host, config->labels, *n_classes);
}

static synrl_status load_labels(struct idx *idx, const struct config *config, size_t n_images,
                                size_t *n_classes) {
    struct buffer bytes = {.host = idx->host};
    struct file file = {
        .host = idx->host, .path = config->labels, .limit = (size_t)config->limit << 20};
    synrl_status status = file_load(&file, 1, 1, &bytes);
    if (status == SYNRL_OK && bytes.n != n_images) {
        status =
            idx->host->fail(idx->host, SYNRL_INVALID,
                            "%s: %zu labels for the %zu images of %s: the numbers must be equal",
                            config->labels, bytes.n, n_images, config->images);
    }
    if (status == SYNRL_OK) {
        status = take_labels(idx, config, &bytes, n_classes);
    }
    buffer_free(&bytes);
    return status;
}

static synrl_status load(struct idx *idx, const struct config *config, synrl_data *data) {
    struct file file = {
        .host = idx->host, .path = config->images, .limit = (size_t)config->limit << 20};
    size_t n_classes;
    SYNRL_TRY(file_load(&file, 2, 3, &idx->pixels));
    SYNRL_TRY(load_labels(idx, config, file.sizes[0], &n_classes));
    const bool is_flat = file.n_sizes == 2;
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = file.sizes[0],
                         .n_inputs = idx->pixels.n / file.sizes[0],
                         .format = SYNRL_INPUT_U8,
                         .scale = 1.0F / 255.0F,
                         .inputs = idx->pixels.bytes,
                         .labels = idx->labels,
                         .n_classes = n_classes,
                         .class_names = idx->class_names,
                         .height = is_flat ? 0 : file.sizes[1],
                         .width = is_flat ? 0 : file.sizes[2],
                         .n_channels = is_flat ? 0 : 1};
    return SYNRL_OK;
}

static void idx_destroy(void *self) {
    struct idx *idx = self;
    const synrl_host *host = idx->host;
    buffer_free(&idx->pixels);
    host->free(host, idx->labels);
    host->free(host, idx->class_names);
    host->free(host, idx);
}

static synrl_status idx_create(const synrl_host *host, const void *config, synrl_data *data,
                               void **self) {
    struct idx *idx = host->alloc(host, 1, sizeof *idx);
    if (idx == NULL) {
        return SYNRL_NO_MEMORY;
    }
    idx->host = idx->pixels.host = host;
    const synrl_status status = load(idx, config, data);
    if (status != SYNRL_OK) {
        idx_destroy(idx);
        return status;
    }
    *self = idx;
    return SYNRL_OK;
}

static const synrl_param params[] = {
    {.name = "images",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, images),
     .meaning = "the file of the images, gzip or plain, such as images-idx3-ubyte.gz"},
    {.name = "labels",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, labels),
     .meaning = "the file of their labels, such as labels-idx1-ubyte.gz"},
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
     .meaning = "MiB that the unpacked images may have"},
};

static const synrl_dataset_ops ops = {
    SYNRL_OPS_SIZE(synrl_dataset_ops),
    .create = idx_create,
    .destroy = idx_destroy,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_DATASET,
    .id = "idx",
    .version = "1.0.0",
    .summary = "images and labels in MNIST's IDX format, gzip or plain",
    .source = "LeCun, Cortes and Burges: the MNIST database, \"file formats\"",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
