/* SPDX-License-Identifier: MIT */
/* PNGs and JPEGs, one folder per class, in a folder or in a tar or zip of one. Invariants: all
 * images have the size of the first readable one; unreadable files are counted, named and left out;
 * samples are ordered by class and file name, regardless of the order in the folder or archive. */
#define _GNU_SOURCE /* fdopen */
#include <dirent.h>
#include <stdlib.h>
#include <synrl/dataset.h>

#include "classes.h"
#include "images/jpeg.h"
#include "images/layout.h"
#include "images/pixels.h"
#include "images/png.h"
#include "images/samples.h"
#include "unpack.h"

struct config {
    const char *path, *part, *classes;
    int32_t labels, colour, background;
    int64_t limit;
};

static const synrl_param params[] = {
    SYNRL_STRING(
        path, SYNRL_REQUIRED,
        "a folder, or a tar.gz or zip of one, with PNGs or JPEGs of one size in one folder "
        "per class"),
    SYNRL_STRING(part, SYNRL_OPTIONAL,
                 "which of several sets to read, such as \"train\": the folder that has those of "
                 "the classes"),
    SYNRL_STRING(
        classes, SYNRL_OPTIONAL,
        "all classes in their order: \"ABC\" or \"ant,bee\"; left out: the folders, sorted"),
    SYNRL_CHOICE(labels, "folders", "folders|none",
                 "the class of a picture: its folder; none: pictures to be answered, anywhere"),
    SYNRL_CHOICE(colour, "grey", "grey|rgb", "one input per pixel, or three: red, green, blue"),
    SYNRL_CHOICE(background, "none", "none|black|white",
                 "what lies under transparent pixels; none: they are refused"),
    SYNRL_INTEGER(limit, "4096", 1, 1 << 20, "MiB that the pixels may have"),
};

enum { LABELS_FOLDERS, LABELS_NONE, FILE_LIMIT = 64 << 20, N_NAMED_MAX = 10 };

struct images {
    const synrl_host *host;
    const struct config *config;
    struct unpack unpack;
    struct layout layout;
    struct jpeg jpeg;
    struct buffer texts;    /* names, terminated */
    struct buffer samples;  /* struct sample */
    struct buffer read;     /* [n_samples][height][width][channels], in the order of reading */
    struct buffer file;     /* the current one */
    struct buffer unpacked; /* its pixels */
    size_t height, width;   /* of all; 0 before the first */
    size_t n_channels;
    size_t n_files, n_unreadable, n_coloured;
};

#define SAMPLES(images) ITEMS(struct sample, (images)->samples)
#define N_SAMPLES(images) N_ITEMS(struct sample, (images)->samples)
#define FAIL(images, format, ...)                                                              \
    (images)->host->fail((images)->host, SYNRL_INVALID, "%s: " format, (images)->config->path, \
                         __VA_ARGS__)

/* Images --------------------------------------------------------------------------------------- */

/* The decoders have no word of their own for a lack of memory, which is no fault of the file: errno
 * has, set to 0 before the file is read. */
static synrl_status note_unreadable(struct images *images, const char *class_name,
                                    const char *file_name, const char *why) {
    if (errno == ENOMEM) {
        return images->host->fail(images->host, SYNRL_NO_MEMORY,
                                  "%s: %s/%s: not enough memory to read it", images->config->path,
                                  class_name, file_name);
    }
    if (images->n_unreadable++ < N_NAMED_MAX) {
        images->host->log(images->host, SYNRL_LOG_WARNING, "%s: %s/%s is left out: %s",
                          images->config->path, class_name, file_name, why);
    }
    return SYNRL_OK;
}

static synrl_status check_size(struct images *images, size_t height, size_t width,
                               const char *class_name, const char *file_name) {
    if (images->height == 0) {
        images->height = height;
        images->width = width;
    }
    if (height != images->height || width != images->width) {
        const char *first = (const char *)images->texts.bytes;
        return FAIL(images, "%s/%s is %zu x %zu, and %s/%s is %zu x %zu: the sizes must be equal",
                    class_name, file_name, width, height, first, first + strlen(first) + 1,
                    images->width, images->height);
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

/* Makes a sample of the pixels behind those that have been read. */
static synrl_status keep(struct images *images, size_t height, size_t width,
                         const struct pixels *pixels, const char *class_name,
                         const char *file_name) {
    if (pixels->is_transparent) {
        return FAIL(images,
                    "%s/%s has transparent pixels: must be opaque, or background must be black or "
                    "white",
                    class_name, file_name);
    }
    SYNRL_TRY(check_size(images, height, width, class_name, file_name));
    SYNRL_TRY(append_sample(images, class_name, file_name));
    images->read.n += height * width * images->n_channels;
    images->n_coloured += pixels->is_coloured;
    return SYNRL_OK;
}

/* Makes room for the pixels of a picture, and for what is unpacked of it. */
static synrl_status make_room(struct images *images, size_t n_pixels, size_t unpacked) {
    SYNRL_TRY(check_limit(images, n_pixels * images->n_channels));
    SYNRL_TRY(buffer_reserve(images->host, &images->read, n_pixels * images->n_channels));
    return buffer_reserve(images->host, &images->unpacked, unpacked);
}

static struct pixels wanted(const struct images *images) {
    return (struct pixels){.colour = (enum colour)images->config->colour,
                           .background = (enum background)images->config->background};
}

/* Appends the current file to `read`. Leaves *image open for png_image_free. */
static synrl_status decode(struct images *images, png_image *image, const char *class_name,
                           const char *file_name) {
    struct pixels pixels = wanted(images);
    const char *why = png_file_begin(image, &images->file);
    if (why == NULL) {
        SYNRL_TRY(
            make_room(images, (size_t)image->width * image->height, png_file_unpacked_size(image)));
        why = png_file_read(image, &pixels, images->unpacked.bytes,
                            images->read.bytes + images->read.n);
    }
    if (why != NULL) {
        return note_unreadable(images, class_name, file_name, why);
    }
    return keep(images, image->height, image->width, &pixels, class_name, file_name);
}

/* The same of a JPEG. */
static synrl_status decode_jpeg(struct images *images, const char *class_name,
                                const char *file_name) {
    struct pixels pixels = wanted(images);
    struct jpeg *jpeg = &images->jpeg;
    const char *why = jpeg_begin(jpeg, &images->file);
    if (why == NULL) {
        SYNRL_TRY(make_room(images, jpeg->width * jpeg->height, jpeg_unpacked_size(jpeg)));
        why = jpeg_read(jpeg, &images->file, &pixels, images->unpacked.bytes,
                        images->read.bytes + images->read.n);
    }
    if (why != NULL) {
        return note_unreadable(images, class_name, file_name, why);
    }
    return keep(images, jpeg->height, jpeg->width, &pixels, class_name, file_name);
}

static synrl_status take_image(struct images *images, const char *class_name,
                               const char *file_name) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    images->n_files++;
    errno = 0;
    if (jpeg_is(&images->file)) {
        return decode_jpeg(images, class_name, file_name);
    }
    const synrl_status status = decode(images, &image, class_name, file_name);
    png_image_free(&image);
    return status;
}

/* Folders -------------------------------------------------------------------------------------- */

static synrl_status take_file(struct images *images, const char *path, const char *class_name,
                              const char *file_name) {
    const char *why;
    errno = 0;
    FILE *file = file_open(path, &why);
    synrl_status status = SYNRL_OK;
    images->file.n = 0;
    if (file != NULL) {
        status = buffer_fill(images->host, &images->file, file, FILE_LIMIT + 1);
        why = ferror(file) != 0             ? strerror(errno)
              : images->file.n > FILE_LIMIT ? "it has more than 64 MiB"
                                            : NULL;
        fclose(file);
    }
    if (why != NULL) {
        images->n_files++;
        SYNRL_TRY(note_unreadable(images, class_name, file_name, why));
    }
    return status == SYNRL_OK && why == NULL ? take_image(images, class_name, file_name) : status;
}

/* The folders from the root to the one being listed: a link must not lead back to one of them. */
struct trail {
    const struct trail *above;
    dev_t device;
    ino_t inode;
    size_t depth;
};

static bool is_on_trail(const struct trail *trail, const struct stat *info) {
    while (trail != NULL && (trail->device != info->st_dev || trail->inode != info->st_ino)) {
        trail = trail->above;
    }
    return trail != NULL;
}

static synrl_status list_folder(struct images *images, const char *relative,
                                const struct trail *above);

/* Whether what an entry names, `relative` to the folder, is one itself: by the listing where that
 * says it, since there may be many files. */
static synrl_status look_at(struct images *images, const struct dirent *entry, const char *relative,
                            struct stat *info, bool *is_folder) {
    struct buffer whole = {0};
    *is_folder = false;
    if (entry->d_type == DT_REG) {
        return SYNRL_OK;
    }
    SYNRL_TRY(buffer_join(images->host, &whole, images->config->path, relative));
    *is_folder = stat((const char *)whole.bytes, info) == 0 && S_ISDIR(info->st_mode);
    buffer_free(images->host, &whole);
    return SYNRL_OK;
}

/* `relative` is the path below the folder; `path` is scratch. */
static synrl_status list_entry(struct images *images, const char *relative,
                               const struct dirent *entry, const struct trail *trail,
                               struct buffer *path) {
    struct stat info;
    bool is_folder, is_listed;
    SYNRL_TRY(buffer_join(images->host, path, relative, entry->d_name));
    const char *below = (const char *)path->bytes;
    SYNRL_TRY(look_at(images, entry, below, &info, &is_folder));
    if (!is_folder) {
        return layout_add(&images->layout, below, &is_listed);
    }
    if (is_on_trail(trail, &info)) {
        return SYNRL_OK;
    }
    return trail->depth < LAYOUT_DEPTH_MAX ? list_folder(images, below, trail)
                                           : layout_refuse_depth(&images->layout, below + 1);
}

static synrl_status list_stream(struct images *images, const char *relative, DIR *stream,
                                const struct trail *above) {
    struct stat info;
    struct buffer path = {0};
    synrl_status status = SYNRL_OK;
    if (fstat(dirfd(stream), &info) != 0) {
        return fail_open(images->host, relative);
    }
    const struct trail trail = {above, info.st_dev, info.st_ino,
                                above != NULL ? above->depth + 1 : 0};
    for (const struct dirent *entry; status == SYNRL_OK && (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] != '.') {
            status = list_entry(images, relative, entry, &trail, &path);
        }
    }
    buffer_free(images->host, &path);
    return status;
}

static synrl_status list_folder(struct images *images, const char *relative,
                                const struct trail *above) {
    struct buffer path = {0};
    SYNRL_TRY(buffer_join(images->host, &path, images->config->path, relative));
    DIR *stream = opendir((const char *)path.bytes);
    synrl_status status = stream == NULL ? fail_open(images->host, (const char *)path.bytes)
                                         : list_stream(images, relative, stream, above);
    if (stream != NULL) {
        closedir(stream);
    }
    buffer_free(images->host, &path);
    return status;
}

/* The class's name, terminated, in `name`. */
static synrl_status name_class(const struct images *images, const struct place *place,
                               struct buffer *name) {
    name->n = 0;
    SYNRL_TRY(buffer_append(images->host, name, place->class_name, place->class_length));
    return buffer_append(images->host, name, "", 1);
}

static synrl_status read_folder(struct images *images) {
    struct layout *layout = &images->layout;
    struct buffer path = {0}, name = {0};
    struct place place;
    SYNRL_TRY(list_folder(images, "", NULL));
    layout_sort(layout);
    SYNRL_TRY(layout_settle(layout));
    for (size_t e = 0; e < layout_count(layout); e++) {
        if (layout_place(layout, e, &place)) {
            SYNRL_TRY(name_class(images, &place, &name));
            SYNRL_TRY(
                buffer_join(images->host, &path, images->config->path, layout_path(layout, e)));
            SYNRL_TRY(take_file(images, (const char *)path.bytes, (const char *)name.bytes,
                                place.file_name));
        }
    }
    buffer_free(images->host, &path);
    buffer_free(images->host, &name);
    return SYNRL_OK;
}

/* Archives ------------------------------------------------------------------------------------- */

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

static synrl_status open_archive(struct images *images) {
    images->unpack = (struct unpack){
        .host = images->host, .path = images->config->path, .what = "a tar or zip file"};
    return unpack_open(&images->unpack, support_formats);
}

/* A link holds no picture, and what it names may lie outside. */
static synrl_status list_archived(struct images *images, struct archive_entry *entry,
                                  const char *name) {
    bool is_listed;
    if (archive_entry_filetype(entry) == AE_IFDIR) {
        return SYNRL_OK;
    }
    SYNRL_TRY(layout_add(&images->layout, name, &is_listed));
    if (is_listed &&
        (archive_entry_hardlink(entry) != NULL || archive_entry_filetype(entry) == AE_IFLNK)) {
        return FAIL(images,
                    "%.200s is a link: must be a file (tar packs files with --dereference "
                    "--hard-dereference)",
                    name);
    }
    return SYNRL_OK;
}

static synrl_status list_archive(struct images *images) {
    struct archive_entry *entry;
    const char *name;
    SYNRL_TRY(open_archive(images));
    SYNRL_TRY(unpack_next(&images->unpack, &entry));
    while (entry != NULL) {
        SYNRL_TRY(unpack_name(&images->unpack, entry, &name));
        SYNRL_TRY(list_archived(images, entry, name));
        SYNRL_TRY(unpack_next(&images->unpack, &entry));
    }
    unpack_close(&images->unpack);
    return layout_settle(&images->layout);
}

static synrl_status take_entry(struct images *images, struct archive_entry *entry,
                               const struct place *place, struct buffer *name) {
    SYNRL_TRY(name_class(images, place, name));
    const char *class_name = (const char *)name->bytes, *why = NULL;
    images->file.n = 0;
    if (archive_entry_filetype(entry) != AE_IFREG) {
        why = FILE_EXPECTED;
    } else {
        SYNRL_TRY(unpack_check(&images->unpack));
        SYNRL_TRY(unpack_fill(&images->unpack, &images->file, FILE_LIMIT + 1));
        why = images->file.n > FILE_LIMIT ? "it has more than 64 MiB" : NULL;
    }
    if (why != NULL) {
        images->n_files++;
        errno = 0;
        return note_unreadable(images, class_name, place->file_name, why);
    }
    return take_image(images, class_name, place->file_name);
}

/* The second reading: what was listed in the first one, in the same order. */
static synrl_status read_archive(struct images *images) {
    struct layout again = {
        .host = images->host, .root = images->config->path, .part = images->config->part};
    struct archive_entry *entry;
    struct buffer class_name = {0};
    struct place place;
    const char *name;
    bool is_listed = false;
    SYNRL_TRY(list_archive(images));
    SYNRL_TRY(open_archive(images));
    SYNRL_TRY(unpack_next(&images->unpack, &entry));
    for (size_t e = 0; entry != NULL; e += is_listed) {
        SYNRL_TRY(unpack_name(&images->unpack, entry, &name));
        again.texts.n = again.entries.n = 0;
        is_listed = false;
        if (archive_entry_filetype(entry) != AE_IFDIR) {
            SYNRL_TRY(layout_add(&again, name, &is_listed));
        }
        if (is_listed && (e >= layout_count(&images->layout) ||
                          strcmp(layout_path(&again, 0), layout_path(&images->layout, e)) != 0)) {
            return FAIL(images, "%s", "changed while it was read");
        }
        if (is_listed && layout_place(&images->layout, e, &place)) {
            SYNRL_TRY(take_entry(images, entry, &place, &class_name));
        }
        SYNRL_TRY(unpack_next(&images->unpack, &entry));
    }
    unpack_close(&images->unpack);
    layout_free(&again);
    buffer_free(images->host, &class_name);
    return SYNRL_OK;
}

/* What there is instead, in `text`. */
static const char *describe_others(const struct images *images, char *text, size_t size) {
    const struct layout *layout = &images->layout;
    *text = '\0';
    if (layout_count(layout) > images->n_files) {
        snprintf(text, size,
                 "; %.80s is in no such folder (labels = \"none\" reads pictures without classes)",
                 layout_path(layout, 0));
    } else if (layout->n_others > 0) {
        snprintf(text, size, "; there are %zu other files, such as %.80s", layout->n_others,
                 (const char *)layout->texts.bytes + layout->other);
    }
    return text;
}

static synrl_status read_images(struct images *images) {
    const char *path = images->config->path;
    struct stat info;
    char others[200];
    if (stat(path, &info) != 0) {
        return fail_open(images->host, path);
    }
    SYNRL_TRY(S_ISDIR(info.st_mode) ? read_folder(images) : read_archive(images));
    if (images->n_unreadable > 0) {
        images->host->log(images->host, SYNRL_LOG_WARNING, "%s: %zu of %zu files are unreadable",
                          path, images->n_unreadable, images->n_files);
    }
    if (images->n_coloured > 0 && images->n_channels == 1) {
        images->host->log(images->host, SYNRL_LOG_INFO,
                          "%s: %zu of %zu pictures have colours, read as grey: colour = \"rgb\" "
                          "keeps them",
                          path, images->n_coloured, N_SAMPLES(images));
    }
    return N_SAMPLES(images) > 0
               ? SYNRL_OK
               : FAIL(images,
                      "none of %zu PNG or JPEG files is readable: must have images in "
                      "one folder per class, such as A/1.png%s",
                      images->n_files, describe_others(images, others, sizeof others));
}

/* Data ----------------------------------------------------------------------------------------- */

/* Whether sample s, in sorted order, is the first of its class. */
static bool begins_class(const struct images *images, size_t s) {
    const char *texts = (const char *)images->texts.bytes;
    const struct sample *samples = SAMPLES(images);
    return s == 0 || strcmp(texts + samples[s - 1].class_name, texts + samples[s].class_name) != 0;
}

/* The number of a class among those given. */
static synrl_status find_class(struct images *images, const synrl_data *data, const char *name,
                               int32_t *label) {
    for (size_t c = 0; c < data->n_classes; c++) {
        if (strcmp(data->class_names[c], name) == 0) {
            *label = (int32_t)c;
            return SYNRL_OK;
        }
    }
    return FAIL(images, "the folder %.80s is not in classes = \"%.80s\"", name,
                images->config->classes);
}

/* Sets the labels of the sorted samples, and the classes. */
static synrl_status label_samples(struct images *images, synrl_data *data) {
    const synrl_host *host = images->host;
    const char *texts = (const char *)images->texts.bytes, *given = images->config->classes;
    const size_t n = N_SAMPLES(images);
    const bool are_given = given != NULL && *given != '\0';
    const char **class_names;
    int32_t *labels, label = -1;
    size_t n_classes = 0;
    for (size_t s = 0; s < n; s++) {
        n_classes += begins_class(images, s);
    }
    if (are_given) {
        SYNRL_TRY(classes_name(host, images->config->path, given, 0, &data->n_classes,
                               &data->class_names));
        n_classes = data->n_classes;
    }
    SYNRL_TRY(classes_check(host, images->config->path, n_classes));
    SYNRL_TRY(SYNRL_NEW(host, class_names, n_classes));
    SYNRL_TRY(SYNRL_NEW(host, labels, n));
    for (size_t s = 0; s < n; s++) {
        const char *name = texts + SAMPLES(images)[s].class_name;
        if (begins_class(images, s) && are_given) {
            SYNRL_TRY(find_class(images, data, name, &label));
        } else if (begins_class(images, s)) {
            class_names[++label] = name;
        }
        labels[s] = label;
    }
    data->labels = labels;
    data->n_classes = n_classes;
    data->class_names = are_given ? data->class_names : class_names;
    return SYNRL_OK;
}

static synrl_status arrange(struct images *images, synrl_data *data) {
    struct sample *samples = SAMPLES(images);
    const char *texts = (const char *)images->texts.bytes;
    const size_t n = N_SAMPLES(images), size = images->height * images->width * images->n_channels;
    uint8_t *pixels;
    samples_sort(texts, n, samples);
    for (size_t s = 1; s < n; s++) {
        if (samples_are_equal(texts, &samples[s - 1], &samples[s])) {
            return FAIL(images, "%s/%s is in it twice", texts + samples[s].class_name,
                        texts + samples[s].file_name);
        }
    }
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = n,
                         .n_inputs = size,
                         .format = SYNRL_INPUT_BYTES,
                         .scale = 1.0F / 255.0F,
                         .height = images->height,
                         .width = images->width,
                         .n_channels = images->n_channels};
    SYNRL_TRY(
        samples_name(images->host, texts, n, samples, images->layout.is_flat, &data->sample_names));
    if (!images->layout.is_flat) {
        SYNRL_TRY(label_samples(images, data));
    }
    SYNRL_TRY(SYNRL_NEW(images->host, pixels, images->read.n));
    for (size_t s = 0; s < n; s++) {
        memcpy(pixels + s * size, images->read.bytes + samples[s].image * size, size);
    }
    data->inputs = pixels;
    return SYNRL_OK;
}

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    struct images *images = self;
    images->host = host;
    images->config = config;
    images->layout.host = host;
    images->layout.root = images->config->path;
    images->layout.part = images->config->part;
    images->layout.is_flat = images->config->labels == LABELS_NONE;
    const struct pixels pixels = wanted(images);
    images->n_channels = pixels_size(&pixels);
    SYNRL_TRY(read_images(images));
    SYNRL_TRY(arrange(images, data));
    buffer_free(host, &images->samples);
    buffer_free(host, &images->read);
    buffer_free(host, &images->file);
    buffer_free(host, &images->unpacked);
    layout_free(&images->layout);
    return SYNRL_OK;
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    struct images *images = self;
    unpack_close(&images->unpack);
    jpeg_free(&images->jpeg);
}

SYNRL_DATASET(images, "1.2.0",
              "PNGs and JPEGs in one folder per class, or in a tar.gz or zip of it, as bytes",
              "the layout of Bulatov's notMNIST_small.tar.gz", SYNRL_PARAMS(params), struct images,
              .create = create, .destroy = destroy);
