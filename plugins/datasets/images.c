/* PNG images, one folder per class, in a folder or in a tar or zip of one. Invariants: all images
 * have the size of the first readable one; unreadable files are counted, named and left out;
 * samples are ordered by class and file name, regardless of the order in the folder or archive. */
#define _GNU_SOURCE /* qsort_r, fileno */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <png.h>
#include <stdlib.h>
#include <strings.h>
#include <synrl/dataset.h>
#include <sys/stat.h>

#include "buffer.h"
#include "classes.h"

struct config {
    const char *path;
    int64_t limit;
};

enum { FILE_LIMIT = 64 << 20, NAMED_MAX = 10 };

/* Deflate compresses at most 1032 to 1, and a byte has at most 8 pixels. */
enum { PIXELS_PER_BYTE_MAX = 8 * 1032 };

struct images {
    const synrl_host *host;
    uint8_t *pixels;
    int32_t *labels;
    char *names;
    const char **class_names;
};

/* The positions of its names in `texts`, and the number of its image in `pixels`. */
struct sample {
    size_t class_name, file_name, picture;
};

struct reader {
    const synrl_host *host;
    const struct config *config;
    struct buffer texts;   /* names, terminated */
    struct buffer samples; /* struct sample */
    struct buffer pixels;  /* [n_samples][height][width] */
    struct buffer file;    /* the current one */
    size_t height, width;  /* of all; 0 before the first */
    size_t n_files, n_unreadable;
};

#define SAMPLES(reader) ((struct sample *)(void *)(reader)->samples.bytes)
#define N_SAMPLES(reader) ((reader)->samples.n / sizeof(struct sample))

/* Images --------------------------------------------------------------------------------------- */

static void note_unreadable(struct reader *reader, const char *class_name, const char *file_name,
                            const char *why) {
    if (reader->n_unreadable++ < NAMED_MAX) {
        reader->host->log(reader->host, SYNRL_LOG_WARNING, "%s: %s/%s is left out: %s",
                          reader->config->path, class_name, file_name, why);
    }
}

static synrl_status check_size(struct reader *reader, const png_image *image,
                               const char *class_name, const char *file_name) {
    if (reader->height == 0) {
        reader->height = image->height;
        reader->width = image->width;
    }
    if (image->height != reader->height || image->width != reader->width) {
        const char *first = (const char *)reader->texts.bytes;
        return reader->host->fail(
            reader->host, SYNRL_INVALID,
            "%s: %s/%s is %u x %u, and %s/%s is %zu x %zu: the sizes must be equal",
            reader->config->path, class_name, file_name, image->width, image->height, first,
            first + strlen(first) + 1, reader->width, reader->height);
    }
    return SYNRL_OK;
}

/* Checks the limit, before memory is allocated. */
static synrl_status check_limit(struct reader *reader, size_t size) {
    const size_t limit = (size_t)reader->config->limit << 20;
    return reader->pixels.n <= limit && size <= limit - reader->pixels.n
               ? SYNRL_OK
               : reader->host->fail(reader->host, SYNRL_INVALID,
                                    "%s: more than limit = %zu MiB of pixels", reader->config->path,
                                    limit >> 20);
}

static synrl_status append_sample(struct reader *reader, const char *class_name,
                                  const char *file_name) {
    struct sample sample = {.class_name = reader->texts.n, .picture = N_SAMPLES(reader)};
    SYNRL_TRY(buffer_append(&reader->texts, class_name, strlen(class_name) + 1));
    sample.file_name = reader->texts.n;
    SYNRL_TRY(buffer_append(&reader->texts, file_name, strlen(file_name) + 1));
    return buffer_append(&reader->samples, &sample, sizeof sample);
}

/* Appends the current file as grey bytes to `pixels`. Leaves *image open for png_image_free. */
static synrl_status decode(struct reader *reader, png_image *image, const char *class_name,
                           const char *file_name) {
    static const png_color black = {0, 0, 0};
    const struct buffer *file = &reader->file;
    if (file->n == 0) {
        note_unreadable(reader, class_name, file_name, "it is empty");
        return SYNRL_OK;
    }
    if (png_image_begin_read_from_memory(image, file->bytes, file->n) == 0) {
        note_unreadable(reader, class_name, file_name, image->message);
        return SYNRL_OK;
    }
    if ((size_t)image->width * image->height / PIXELS_PER_BYTE_MAX > file->n) {
        note_unreadable(reader, class_name, file_name, "it is too short for its size");
        return SYNRL_OK;
    }
    image->format = PNG_FORMAT_GRAY;
    const size_t size = (size_t)image->width * image->height;
    SYNRL_TRY(check_limit(reader, size));
    SYNRL_TRY(buffer_reserve(&reader->pixels, size));
    if (png_image_finish_read(image, &black, reader->pixels.bytes + reader->pixels.n,
                              (png_int_32)image->width, NULL) == 0) {
        note_unreadable(reader, class_name, file_name, image->message);
        return SYNRL_OK;
    }
    SYNRL_TRY(check_size(reader, image, class_name, file_name));
    SYNRL_TRY(append_sample(reader, class_name, file_name));
    reader->pixels.n += size;
    return SYNRL_OK;
}

static synrl_status take_picture(struct reader *reader, const char *class_name,
                                 const char *file_name) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    reader->n_files++;
    const synrl_status status = decode(reader, &image, class_name, file_name);
    png_image_free(&image);
    return status;
}

/* Whether this is an image: names end in .png, and hidden files belong to the operating system. */
static bool is_picture(const char *file_name) {
    const size_t length = strlen(file_name);
    return *file_name != '.' && length > 4 && strcasecmp(file_name + length - 4, ".png") == 0;
}

/* Folders -------------------------------------------------------------------------------------- */

static synrl_status fail_open(const struct reader *reader, const char *path) {
    return reader->host->fail(reader->host, SYNRL_IO, "%s: cannot be opened: %s", path,
                              strerror(errno));
}

/* FOLDER/NAME, terminated, in *path. */
static synrl_status join(struct buffer *path, const char *folder, const char *name) {
    path->n = 0;
    SYNRL_TRY(buffer_append(path, folder, strlen(folder)));
    SYNRL_TRY(buffer_append(path, "/", 1));
    return buffer_append(path, name, strlen(name) + 1);
}

static synrl_status read_file(struct reader *reader, const char *path) {
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return SYNRL_IO;
    }
    reader->file.n = 0;
    const synrl_status status = buffer_read(&reader->file, file, path);
    fclose(file);
    return status;
}

static synrl_status take_file(struct reader *reader, const char *path, const char *class_name,
                              const char *file_name) {
    const synrl_status status = read_file(reader, path);
    if (status == SYNRL_IO) {
        reader->n_files++;
        note_unreadable(reader, class_name, file_name, strerror(errno));
        return SYNRL_OK;
    }
    return status == SYNRL_OK ? take_picture(reader, class_name, file_name) : status;
}

static synrl_status read_class(struct reader *reader, const char *folder, const char *class_name) {
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return fail_open(reader, folder);
    }
    struct buffer path = {.host = reader->host};
    synrl_status status = SYNRL_OK;
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        if (!is_picture(entry->d_name)) {
            continue;
        }
        status = join(&path, folder, entry->d_name);
        if (status == SYNRL_OK) {
            status = take_file(reader, (const char *)path.bytes, class_name, entry->d_name);
        }
    }
    buffer_free(&path);
    closedir(stream);
    return status;
}

static synrl_status read_folder(struct reader *reader, const char *folder) {
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return fail_open(reader, folder);
    }
    struct buffer path = {.host = reader->host};
    synrl_status status = SYNRL_OK;
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        struct stat info;
        if (entry->d_name[0] == '.') {
            continue;
        }
        status = join(&path, folder, entry->d_name);
        if (status == SYNRL_OK && stat((const char *)path.bytes, &info) == 0 &&
            S_ISDIR(info.st_mode)) {
            status = read_class(reader, (const char *)path.bytes, entry->d_name);
        }
    }
    buffer_free(&path);
    closedir(stream);
    return status;
}

/* Archives ------------------------------------------------------------------------------------- */

static synrl_status fail_archive(const struct reader *reader, struct archive *archive) {
    const char *why = archive_error_string(archive);
    return reader->host->fail(reader->host,
                              archive_errno(archive) == ENOMEM ? SYNRL_NO_MEMORY : SYNRL_INVALID,
                              "%s: is not a tar or zip file, or damaged: %s", reader->config->path,
                              why != NULL ? why : "unknown reason");
}

/* Reads the current entry into `file`, up to a little more than FILE_LIMIT. */
static synrl_status read_entry(struct reader *reader, struct archive *archive) {
    enum { PIECE = 1 << 16 };
    reader->file.n = 0;
    while (reader->file.n <= FILE_LIMIT) {
        SYNRL_TRY(buffer_reserve(&reader->file, PIECE));
        const la_ssize_t n = archive_read_data(archive, reader->file.bytes + reader->file.n, PIECE);
        if (n < 0) {
            return fail_archive(reader, archive);
        }
        if (n == 0) {
            break;
        }
        reader->file.n += (size_t)n;
    }
    return SYNRL_OK;
}

/* Splits .../CLASS/FILE.png into its last two parts; false where it is not an image of a class. */
static bool cut_path(char *path, const char **class_name, const char **file_name) {
    char *slash = strrchr(path, '/');
    if (slash == NULL || !is_picture(slash + 1)) {
        return false;
    }
    *slash = '\0';
    *file_name = slash + 1;
    slash = strrchr(path, '/');
    *class_name = slash != NULL ? slash + 1 : path;
    return **class_name != '\0' && **class_name != '.';
}

static synrl_status take_entry(struct reader *reader, struct archive *archive,
                               struct archive_entry *entry, struct buffer *path) {
    const char *whole = archive_entry_pathname(entry), *class_name, *file_name;
    if (archive_entry_filetype(entry) != AE_IFREG || whole == NULL) {
        return SYNRL_OK;
    }
    path->n = 0;
    SYNRL_TRY(buffer_append(path, whole, strlen(whole) + 1));
    if (!cut_path((char *)path->bytes, &class_name, &file_name)) {
        return SYNRL_OK;
    }
    SYNRL_TRY(read_entry(reader, archive));
    if (reader->file.n > FILE_LIMIT) {
        reader->n_files++;
        note_unreadable(reader, class_name, file_name, "it has more than 64 MiB");
        return SYNRL_OK;
    }
    return take_picture(reader, class_name, file_name);
}

static synrl_status read_entries(struct reader *reader, struct archive *archive) {
    struct buffer path = {.host = reader->host};
    struct archive_entry *entry;
    synrl_status status = SYNRL_OK;
    int code = ARCHIVE_OK;
    while (status == SYNRL_OK) {
        code = archive_read_next_header(archive, &entry);
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
            break;
        }
        status = take_entry(reader, archive, entry, &path);
    }
    if (status == SYNRL_OK && code != ARCHIVE_EOF) {
        status = fail_archive(reader, archive);
    }
    buffer_free(&path);
    return status;
}

/* Only formats that libarchive unpacks itself: no filter that starts a program. */
static bool support_formats(struct archive *archive) {
    return archive_read_support_filter_gzip(archive) == ARCHIVE_OK &&
           archive_read_support_filter_bzip2(archive) == ARCHIVE_OK &&
           archive_read_support_filter_xz(archive) == ARCHIVE_OK &&
           archive_read_support_format_tar(archive) == ARCHIVE_OK &&
           archive_read_support_format_zip(archive) == ARCHIVE_OK;
}

static synrl_status read_archive(struct reader *reader, FILE *file) {
    struct archive *archive = archive_read_new();
    synrl_status status;
    if (archive == NULL) {
        return reader->host->fail(reader->host, SYNRL_NO_MEMORY, "%s: not enough memory to read it",
                                  reader->config->path);
    }
    if (!support_formats(archive) ||
        archive_read_open_fd(archive, fileno(file), 1 << 16) != ARCHIVE_OK) {
        status = fail_archive(reader, archive);
    } else {
        status = read_entries(reader, archive);
    }
    archive_read_free(archive);
    return status;
}

static synrl_status read_pictures(struct reader *reader) {
    const char *path = reader->config->path;
    struct stat info;
    FILE *file = fopen(path, "rbe");
    if (file == NULL || fstat(fileno(file), &info) != 0) {
        const synrl_status status = fail_open(reader, path);
        if (file != NULL) {
            fclose(file);
        }
        return status;
    }
    const synrl_status status =
        S_ISDIR(info.st_mode) ? read_folder(reader, path) : read_archive(reader, file);
    fclose(file);
    SYNRL_TRY(status);
    if (reader->n_unreadable > 0) {
        reader->host->log(reader->host, SYNRL_LOG_WARNING, "%s: %zu of %zu files are unreadable",
                          path, reader->n_unreadable, reader->n_files);
    }
    return N_SAMPLES(reader) > 0
               ? SYNRL_OK
               : reader->host->fail(reader->host, SYNRL_INVALID,
                                    "%s: none of %zu PNG files is readable: must have images in "
                                    "one folder per class, such as A/1.png",
                                    path, reader->n_files);
}

/* Data ----------------------------------------------------------------------------------------- */

static int compare_samples(const void *a, const void *b, void *texts) {
    const struct sample *sample_a = a, *sample_b = b;
    const char *text = texts;
    const int order = strcmp(text + sample_a->class_name, text + sample_b->class_name);
    return order != 0 ? order : strcmp(text + sample_a->file_name, text + sample_b->file_name);
}

static synrl_status allocate(struct images *images, const struct reader *reader, size_t n_classes,
                             size_t names_size) {
    const synrl_host *host = images->host;
    images->pixels = host->alloc(host, reader->pixels.n, 1);
    images->labels = host->alloc(host, N_SAMPLES(reader), sizeof *images->labels);
    images->names = host->alloc(host, names_size, 1);
    images->class_names = host->alloc(host, n_classes, sizeof *images->class_names);
    return images->pixels != NULL && images->labels != NULL && images->names != NULL &&
                   images->class_names != NULL
               ? SYNRL_OK
               : SYNRL_NO_MEMORY;
}

/* Whether sample s, in sorted order, is the first of its class. */
static bool begins_class(const struct reader *reader, size_t s) {
    const char *texts = (const char *)reader->texts.bytes;
    const struct sample *samples = SAMPLES(reader);
    return s == 0 || strcmp(texts + samples[s - 1].class_name, texts + samples[s].class_name) != 0;
}

static synrl_status arrange(struct images *images, struct reader *reader, synrl_data *data) {
    struct sample *samples = SAMPLES(reader);
    const char *texts = (const char *)reader->texts.bytes;
    const size_t n = N_SAMPLES(reader), size = reader->height * reader->width;
    size_t n_classes = 0, names_size = 0;
    qsort_r(samples, n, sizeof *samples, compare_samples, reader->texts.bytes);
    for (size_t s = 0; s < n; s++) {
        if (begins_class(reader, s)) {
            n_classes++;
            names_size += strlen(texts + samples[s].class_name) + 1;
        }
    }
    SYNRL_TRY(classes_check(images->host, reader->config->path, n_classes));
    SYNRL_TRY(allocate(images, reader, n_classes, names_size));
    char *name = images->names;
    size_t n_named = 0;
    for (size_t s = 0; s < n; s++) {
        if (begins_class(reader, s)) {
            images->class_names[n_named++] = name;
            name = stpcpy(name, texts + samples[s].class_name) + 1;
        }
        images->labels[s] = (int32_t)n_named - 1;
        memcpy(images->pixels + s * size, reader->pixels.bytes + samples[s].picture * size, size);
    }
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = n,
                         .n_inputs = size,
                         .format = SYNRL_INPUT_U8,
                         .scale = 1.0F / 255.0F,
                         .inputs = images->pixels,
                         .labels = images->labels,
                         .n_classes = n_classes,
                         .class_names = images->class_names,
                         .height = reader->height,
                         .width = reader->width,
                         .n_channels = 1};
    return SYNRL_OK;
}

static void images_destroy(void *self) {
    struct images *images = self;
    const synrl_host *host = images->host;
    host->free(host, images->pixels);
    host->free(host, images->labels);
    host->free(host, images->names);
    host->free(host, images->class_names);
    host->free(host, images);
}

static synrl_status images_create(const synrl_host *host, const void *config, synrl_data *data,
                                  void **self) {
    struct images *images = host->alloc(host, 1, sizeof *images);
    if (images == NULL) {
        return SYNRL_NO_MEMORY;
    }
    images->host = host;
    struct reader reader = {.host = host,
                            .config = config,
                            .texts = {.host = host},
                            .samples = {.host = host},
                            .pixels = {.host = host},
                            .file = {.host = host}};
    synrl_status status = read_pictures(&reader);
    if (status == SYNRL_OK) {
        status = arrange(images, &reader, data);
    }
    buffer_free(&reader.texts);
    buffer_free(&reader.samples);
    buffer_free(&reader.pixels);
    buffer_free(&reader.file);
    if (status != SYNRL_OK) {
        images_destroy(images);
        return status;
    }
    *self = images;
    return SYNRL_OK;
}

static const synrl_param params[] = {
    {.name = "path",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, path),
     .meaning =
         "a folder, or a tar.gz or zip of one, with PNGs of one size in one folder per class"},
    {.name = "limit",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, limit),
     .default_text = "4096",
     .min = 1,
     .max = 1 << 20,
     .meaning = "MiB that the pixels may have"},
};

static const synrl_dataset_ops ops = {
    SYNRL_OPS_SIZE(synrl_dataset_ops),
    .create = images_create,
    .destroy = images_destroy,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_DATASET,
    .id = "images",
    .version = "1.0.0",
    .summary = "PNG images in one folder per class, or in a tar.gz or zip of it, as grey bytes",
    .source = "the layout of Bulatov's notMNIST_small.tar.gz",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
