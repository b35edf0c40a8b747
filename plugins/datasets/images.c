/* SPDX-License-Identifier: MIT */
/* PNG images, one folder per class, in a folder or in a tar or zip of one. Invariants: all images
 * have the size of the first readable one; unreadable files are counted, named and left out;
 * samples are ordered by class and file name, regardless of the order in the folder or archive. */
#define _GNU_SOURCE /* qsort_r, fileno */
#include <dirent.h>
#include <png.h>
#include <stdlib.h>
#include <strings.h>
#include <synrl/dataset.h>
#include <sys/stat.h>

#include "classes.h"
#include "unpack.h"

struct config {
    const char *path;
    int64_t limit;
};
#define SYNRL_CONFIG struct config

static const synrl_param params[] = {
    SYNRL_STRING(path, SYNRL_REQUIRED,
                 "a folder, or a tar.gz or zip of one, with PNGs of one size in one folder per "
                 "class"),
    SYNRL_INTEGER(limit, "4096", 1, 1 << 20, "MiB that the pixels may have"),
};

enum { FILE_LIMIT = 64 << 20, N_NAMED_MAX = 10 };

/* Deflate compresses at most 1032 to 1, and a byte has at most 8 pixels. */
enum { PIXELS_PER_BYTE_MAX = 8 * 1032 };

/* The positions of its names in `texts`, and the number of its image in `read`. */
struct sample {
    size_t class_name, file_name, image;
};

struct images {
    const synrl_host *host;
    const struct config *config;
    struct unpack unpack;
    struct buffer texts;   /* names, terminated */
    struct buffer samples; /* struct sample */
    struct buffer read;    /* [n_samples][height][width], in the order of reading */
    struct buffer file;    /* the current one */
    size_t height, width;  /* of all; 0 before the first */
    size_t n_files, n_unreadable;
};

#define SAMPLES(images) ITEMS(struct sample, (images)->samples)
#define N_SAMPLES(images) N_ITEMS(struct sample, (images)->samples)
#define FAIL(images, format, ...)                                                              \
    (images)->host->fail((images)->host, SYNRL_INVALID, "%s: " format, (images)->config->path, \
                         __VA_ARGS__)

/* Images --------------------------------------------------------------------------------------- */

static void note_unreadable(struct images *images, const char *class_name, const char *file_name,
                            const char *why) {
    if (images->n_unreadable++ < N_NAMED_MAX) {
        images->host->log(images->host, SYNRL_LOG_WARNING, "%s: %s/%s is left out: %s",
                          images->config->path, class_name, file_name, why);
    }
}

static synrl_status check_size(struct images *images, const png_image *image,
                               const char *class_name, const char *file_name) {
    if (images->height == 0) {
        images->height = image->height;
        images->width = image->width;
    }
    if (image->height != images->height || image->width != images->width) {
        const char *first = (const char *)images->texts.bytes;
        return FAIL(images, "%s/%s is %u x %u, and %s/%s is %zu x %zu: the sizes must be equal",
                    class_name, file_name, image->width, image->height, first,
                    first + strlen(first) + 1, images->width, images->height);
    }
    return SYNRL_OK;
}

/* Checks the limit, before memory is allocated. */
static synrl_status check_limit(struct images *images, size_t size) {
    const size_t limit = (size_t)images->config->limit << 20;
    return images->read.n <= limit && size <= limit - images->read.n
               ? SYNRL_OK
               : FAIL(images, "more than limit = %zu MiB of pixels", limit >> 20);
}

static synrl_status append_sample(struct images *images, const char *class_name,
                                  const char *file_name) {
    struct sample sample = {.class_name = images->texts.n, .image = N_SAMPLES(images)};
    SYNRL_TRY(buffer_append(images->host, &images->texts, class_name, strlen(class_name) + 1));
    sample.file_name = images->texts.n;
    SYNRL_TRY(buffer_append(images->host, &images->texts, file_name, strlen(file_name) + 1));
    return buffer_append(images->host, &images->samples, &sample, sizeof sample);
}

/* Appends the current file as grey bytes to `read`. Leaves *image open for png_image_free. */
static synrl_status decode(struct images *images, png_image *image, const char *class_name,
                           const char *file_name) {
    static const png_color black = {0, 0, 0};
    const struct buffer *file = &images->file;
    if (file->n == 0) {
        note_unreadable(images, class_name, file_name, "it is empty");
        return SYNRL_OK;
    }
    if (png_image_begin_read_from_memory(image, file->bytes, file->n) == 0) {
        note_unreadable(images, class_name, file_name, image->message);
        return SYNRL_OK;
    }
    if ((size_t)image->width * image->height / PIXELS_PER_BYTE_MAX > file->n) {
        note_unreadable(images, class_name, file_name, "it is too short for its size");
        return SYNRL_OK;
    }
    image->format = PNG_FORMAT_GRAY;
    const size_t size = (size_t)image->width * image->height;
    SYNRL_TRY(check_limit(images, size));
    SYNRL_TRY(buffer_reserve(images->host, &images->read, size));
    if (png_image_finish_read(image, &black, images->read.bytes + images->read.n,
                              (png_int_32)image->width, NULL) == 0) {
        note_unreadable(images, class_name, file_name, image->message);
        return SYNRL_OK;
    }
    SYNRL_TRY(check_size(images, image, class_name, file_name));
    SYNRL_TRY(append_sample(images, class_name, file_name));
    images->read.n += size;
    return SYNRL_OK;
}

static synrl_status take_image(struct images *images, const char *class_name,
                               const char *file_name) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    images->n_files++;
    const synrl_status status = decode(images, &image, class_name, file_name);
    png_image_free(&image);
    return status;
}

/* Whether this is an image: names end in .png, and hidden files belong to the operating system. */
static bool is_image(const char *file_name) {
    const size_t length = strlen(file_name);
    return *file_name != '.' && length > 4 && strcasecmp(file_name + length - 4, ".png") == 0;
}

/* Folders -------------------------------------------------------------------------------------- */

static synrl_status take_file(struct images *images, const char *path, const char *class_name,
                              const char *file_name) {
    FILE *file = fopen(path, "rbe");
    synrl_status status = SYNRL_OK;
    images->file.n = 0;
    if (file != NULL) {
        status = buffer_fill(images->host, &images->file, file);
    }
    const bool is_read = file != NULL && ferror(file) == 0;
    if (!is_read) {
        images->n_files++;
        note_unreadable(images, class_name, file_name, strerror(errno));
    }
    if (file != NULL) {
        fclose(file);
    }
    return status == SYNRL_OK && is_read ? take_image(images, class_name, file_name) : status;
}

static synrl_status read_class(struct images *images, const char *folder, const char *class_name) {
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return fail_open(images->host, folder);
    }
    struct buffer path = {0};
    synrl_status status = SYNRL_OK;
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        if (!is_image(entry->d_name)) {
            continue;
        }
        status = buffer_join(images->host, &path, folder, entry->d_name);
        if (status == SYNRL_OK) {
            status = take_file(images, (const char *)path.bytes, class_name, entry->d_name);
        }
    }
    buffer_free(images->host, &path);
    closedir(stream);
    return status;
}

static synrl_status read_folder(struct images *images, const char *folder) {
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return fail_open(images->host, folder);
    }
    struct buffer path = {0};
    synrl_status status = SYNRL_OK;
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        struct stat info;
        if (entry->d_name[0] == '.') {
            continue;
        }
        status = buffer_join(images->host, &path, folder, entry->d_name);
        if (status == SYNRL_OK && stat((const char *)path.bytes, &info) == 0 &&
            S_ISDIR(info.st_mode)) {
            status = read_class(images, (const char *)path.bytes, entry->d_name);
        }
    }
    buffer_free(images->host, &path);
    closedir(stream);
    return status;
}

/* Archives ------------------------------------------------------------------------------------- */

/* Splits .../CLASS/FILE.png into its last two parts; false where it is not an image of a class. */
static bool cut_path(char *path, const char **class_name, const char **file_name) {
    char *slash = strrchr(path, '/');
    if (slash == NULL || !is_image(slash + 1)) {
        return false;
    }
    *slash = '\0';
    *file_name = slash + 1;
    slash = strrchr(path, '/');
    *class_name = slash != NULL ? slash + 1 : path;
    return **class_name != '\0' && **class_name != '.';
}

static synrl_status take_entry(struct images *images, struct archive_entry *entry,
                               struct buffer *path) {
    const char *whole = archive_entry_pathname(entry), *class_name, *file_name;
    if (archive_entry_filetype(entry) != AE_IFREG || whole == NULL) {
        return SYNRL_OK;
    }
    path->n = 0;
    SYNRL_TRY(buffer_append(images->host, path, whole, strlen(whole) + 1));
    if (!cut_path((char *)path->bytes, &class_name, &file_name)) {
        return SYNRL_OK;
    }
    images->file.n = 0;
    SYNRL_TRY(unpack_fill(&images->unpack, &images->file, FILE_LIMIT + 1));
    if (images->file.n > FILE_LIMIT) {
        images->n_files++;
        note_unreadable(images, class_name, file_name, "it has more than 64 MiB");
        return SYNRL_OK;
    }
    return take_image(images, class_name, file_name);
}

/* Only formats that libarchive unpacks itself: no filter that starts a program. */
static int support_formats(struct archive *archive) {
    int (*const formats[])(struct archive *) = {
        archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
        archive_read_support_filter_xz,   archive_read_support_format_tar,
        archive_read_support_format_zip,
    };
    int code = ARCHIVE_OK;
    for (size_t f = 0; code == ARCHIVE_OK && f < SYNRL_COUNT(formats); f++) {
        code = formats[f](archive);
    }
    return code;
}

static synrl_status read_archive(struct images *images) {
    struct unpack *unpack = &images->unpack;
    struct archive_entry *entry;
    struct buffer path = {0};
    *unpack = (struct unpack){
        .host = images->host, .path = images->config->path, .what = "a tar or zip file"};
    SYNRL_TRY(unpack_open(unpack, support_formats));
    SYNRL_TRY(unpack_next(unpack, &entry));
    while (entry != NULL) {
        SYNRL_TRY(take_entry(images, entry, &path));
        SYNRL_TRY(unpack_next(unpack, &entry));
    }
    unpack_close(unpack);
    return SYNRL_OK;
}

static synrl_status read_images(struct images *images) {
    const char *path = images->config->path;
    struct stat info;
    if (stat(path, &info) != 0) {
        return fail_open(images->host, path);
    }
    SYNRL_TRY(S_ISDIR(info.st_mode) ? read_folder(images, path) : read_archive(images));
    if (images->n_unreadable > 0) {
        images->host->log(images->host, SYNRL_LOG_WARNING, "%s: %zu of %zu files are unreadable",
                          path, images->n_unreadable, images->n_files);
    }
    return N_SAMPLES(images) > 0 ? SYNRL_OK
                                 : FAIL(images,
                                        "none of %zu PNG files is readable: must have images in "
                                        "one folder per class, such as A/1.png",
                                        images->n_files);
}

/* Data ----------------------------------------------------------------------------------------- */

static int compare_samples(const void *a, const void *b, void *texts) {
    const struct sample *sample_a = a, *sample_b = b;
    const char *text = texts;
    const int order = strcmp(text + sample_a->class_name, text + sample_b->class_name);
    return order != 0 ? order : strcmp(text + sample_a->file_name, text + sample_b->file_name);
}

/* Whether sample s, in sorted order, is the first of its class. */
static bool begins_class(const struct images *images, size_t s) {
    const char *texts = (const char *)images->texts.bytes;
    const struct sample *samples = SAMPLES(images);
    return s == 0 || strcmp(texts + samples[s - 1].class_name, texts + samples[s].class_name) != 0;
}

static synrl_status arrange(struct images *images, synrl_data *data) {
    const synrl_host *host = images->host;
    struct sample *samples = SAMPLES(images);
    const char *texts = (const char *)images->texts.bytes, **class_names;
    const size_t n = N_SAMPLES(images), size = images->height * images->width;
    uint8_t *pixels;
    int32_t *labels, label = -1;
    size_t n_classes = 0;
    qsort_r(samples, n, sizeof *samples, compare_samples, images->texts.bytes);
    for (size_t s = 0; s < n; s++) {
        n_classes += begins_class(images, s);
    }
    SYNRL_TRY(classes_check(host, images->config->path, n_classes));
    SYNRL_TRY(SYNRL_NEW(host, pixels, images->read.n));
    SYNRL_TRY(SYNRL_NEW(host, labels, n));
    SYNRL_TRY(SYNRL_NEW(host, class_names, n_classes));
    for (size_t s = 0; s < n; s++) {
        if (begins_class(images, s)) {
            class_names[++label] = texts + samples[s].class_name;
        }
        labels[s] = label;
        memcpy(pixels + s * size, images->read.bytes + samples[s].image * size, size);
    }
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = n,
                         .n_inputs = size,
                         .format = SYNRL_INPUT_BYTES,
                         .scale = 1.0F / 255.0F,
                         .inputs = pixels,
                         .labels = labels,
                         .n_classes = n_classes,
                         .class_names = class_names,
                         .height = images->height,
                         .width = images->width,
                         .n_channels = 1};
    return SYNRL_OK;
}

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    struct images *images = self;
    images->host = host;
    images->config = config;
    SYNRL_TRY(read_images(images));
    SYNRL_TRY(arrange(images, data));
    buffer_free(host, &images->samples);
    buffer_free(host, &images->read);
    buffer_free(host, &images->file);
    return SYNRL_OK;
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    unpack_close(&((struct images *)self)->unpack);
}

SYNRL_DATASET(images, "1.0.0",
              "PNG images in one folder per class, or in a tar.gz or zip of it, as grey bytes",
              "the layout of Bulatov's notMNIST_small.tar.gz", SYNRL_PARAMS(params), struct images,
              .create = create, .destroy = destroy);
