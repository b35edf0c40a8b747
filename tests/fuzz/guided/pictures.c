/* SPDX-License-Identifier: MIT */
/* PNGs and JPEGs, one folder per class, in a folder or in an archive. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/guided/frame.h"
#include "fuzz/guided/loading.h"
#include "fuzz/guided/packing.h"

static void prepare_tree(struct frame *frame) {
    frame_make_folder(frame, "A");
    frame_make_folder(frame, "B");
    frame_write(frame, "read.me", "", 0);
}

enum { COLOURS = 3 }; /* added to the number of a background */

static struct dataset *load_images(struct frame *frame, const char *path, unsigned how) {
    static const char *const backgrounds[] = {"none", "black", "white"};
    return load_kept(frame, (uint8_t)how, "images",
                     GIVEN({"path", STRING(path)}, {"limit", INTEGER(1)},
                           {"colour", STRING(how < COLOURS ? "grey" : "rgb")},
                           {"background", STRING(backgrounds[how % COLOURS])}));
}

static void compare(const struct dataset *a, const struct dataset *b, const char *why) {
    if (a == NULL || b == NULL) {
        frame_fail("%s: one is refused", why);
    }
    const char *difference = data_difference(dataset_data(a), dataset_data(b));
    if (difference != NULL) {
        frame_fail("%s: other %s", why, difference);
    }
}

/* One file in two folders, which is read to the same pixels each time. */
static void compare_twins(const struct dataset *dataset) {
    const synrl_data *data = dataset != NULL ? dataset_data(dataset) : NULL;
    if (data != NULL && (data->n_samples != 2 ||
                         memcmp(data->inputs, (const uint8_t *)data->inputs + data->n_inputs,
                                data->n_inputs) != 0)) {
        frame_fail("one file gives two pictures");
    }
}

/* Grey is the luma of ITU-R 601-2, in Pillow's integers, of the colours of opaque pictures. */
static void compare_colours(struct frame *frame, const struct dataset *grey) {
    struct dataset *colours = load_images(frame, frame->folder, COLOURS);
    const size_t n = dataset_data(grey)->n_samples * dataset_data(grey)->n_inputs;
    const uint8_t *greys = dataset_data(grey)->inputs,
                  *rgb = colours != NULL ? dataset_data(colours)->inputs : NULL;
    if (rgb == NULL || dataset_data(colours)->n_inputs != 3 * dataset_data(grey)->n_inputs) {
        frame_fail("no colours: %s", frame->core->message);
    }
    for (size_t i = 0; i < n; i++, rgb += 3) {
        const unsigned luma =
            (rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 32768U) / 65536U;
        if (greys[i] != luma) {
            frame_fail("pixel %zu is %u: must be %u", i, greys[i], luma);
        }
    }
    dataset_release(colours);
}

/* png: what says how colours are shown changes no value, nor does a background behind nothing ---*/

/* After the signature and the header: a gamma of 1, a white point, a resolution. */
static struct input with_chunks(const struct input *png) {
    static const uint8_t chunks[] =
        "\0\0\0\4gAMA\0\1\x86\xA0sum.\0\0\0\11pHYs\0\0\1\0\0\0\1\0\1sum.";
    static uint8_t file[PACKED_MOST];
    enum { FRONT = 8 + 12 + 13, N = sizeof chunks - 1 };
    const size_t n = input_size(png);
    memcpy(file, png->at, FRONT);
    memcpy(file + FRONT, chunks, N);
    memcpy(file + FRONT + N, png->at + FRONT, n - FRONT);
    return (struct input){file, file + n + N};
}

static void write_twice(struct frame *frame, const struct input *png) {
    write_png(frame, "A/1.png", png);
    write_png(frame, "B/2.png", png);
}

static void read_png_otherwise(struct frame *frame, const struct input *png) {
    write_twice(frame, png);
    struct dataset *plain = load_images(frame, frame->folder, 0), *others[3] = {NULL};
    compare_twins(plain);
    const bool is_png = plain != NULL && input_size(png) < PACKED_MOST / 2 &&
                        memcmp(png->at, "\x89PNG", 4) == 0 && memcmp(png->at + 12, "IHDR", 4) == 0;
    if (is_png) {
        const struct input more = with_chunks(png);
        compare_colours(frame, plain);
        others[0] = load_images(frame, frame->folder, 1);
        others[1] = load_images(frame, frame->folder, 2);
        write_twice(frame, &more);
        others[2] = load_images(frame, frame->folder, 0);
        compare(plain, others[0], "opaque, on black");
        compare(plain, others[1], "opaque, on white");
        compare(plain, others[2], "with a gamma");
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        dataset_release(others[i]);
    }
    dataset_release(plain);
}

/* A PNG twice; or, where the first byte is not that of a PNG but 0 .. 5, for one of the backgrounds
 * twice or, after two bytes of its length, followed by another; 6: in several ways that must agree;
 * 7 .. 9: twice in colours, for one of the backgrounds.
 */
static void read_png(struct frame *frame, const uint8_t *bytes, size_t n) {
    enum { OTHERWISE = 6, LAST = OTHERWISE + 3 };
    struct input input = {bytes, bytes + n};
    const uint8_t c = n > 0 && bytes[0] <= LAST ? input_byte(&input) : 0;
    if (c == OTHERWISE) {
        read_png_otherwise(frame, &input);
        return;
    }
    if (c > OTHERWISE) {
        write_twice(frame, &input);
        dataset_release(load_images(frame, frame->folder, (unsigned)(COLOURS + c - OTHERWISE - 1)));
        return;
    }
    const size_t length = c < 3 ? n : input_byte(&input) + 256U * input_byte(&input);
    const struct input first = input_part(&input, length);
    write_png(frame, "A/1.png", &first);
    write_png(frame, "B/2.png", c < 3 ? &first : &input);
    dataset_release(load_images(frame, frame->folder, c % 3));
}

/* jpeg ----------------------------------------------------------------------------------------- */

static void read_jpeg(struct frame *frame, const uint8_t *bytes, size_t n) {
    frame_write(frame, "A/1.jpg", bytes, n);
    frame_write(frame, "B/2.jpg", bytes, n);
    struct dataset *dataset = load_images(frame, frame->folder, 0);
    compare_twins(dataset);
    if (dataset != NULL) {
        compare_colours(frame, dataset);
    }
    dataset_release(dataset);
}

/* archive: as it is ---------------------------------------------------------------------------- */

static void read_archive(struct frame *frame, const uint8_t *bytes, size_t n) {
    dataset_release(load_images(frame, frame_write(frame, "a", bytes, n), 0));
}

/* trees: a folder, and an archive of it, give the same samples ---------------------------------- */

enum { ENTRIES_MOST = 12, PATH_MOST = 96 };

struct node {
    char path[PATH_MOST];
    char type; /* '0': a file, '5': a folder, '6': a FIFO */
    struct input bytes;
};

struct tree {
    struct node nodes[ENTRIES_MOST];
    size_t n;
};

/* 16 x 8 pixels, but for the small one. */
static const uint8_t dark[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x08, 0x08, 0x00, 0x00, 0x00, 0x00, 0xD5,
    0x1D, 0x20, 0x4B, 0x00, 0x00, 0x00, 0x0F, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0xE0,
    0x42, 0x03, 0x0C, 0x03, 0x23, 0x00, 0x00, 0x54, 0x97, 0x05, 0x01, 0x3F, 0x66, 0x56, 0x97,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};
static const uint8_t light[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x08, 0x08, 0x00, 0x00, 0x00, 0x00, 0xD5,
    0x1D, 0x20, 0x4B, 0x00, 0x00, 0x00, 0x0F, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x38,
    0x81, 0x06, 0x18, 0x06, 0x46, 0x00, 0x00, 0x92, 0x0E, 0x64, 0x01, 0x06, 0xF4, 0x82, 0xA8,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};
static const uint8_t small[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x3A, 0x7E, 0x9B, 0x55, 0x00, 0x00, 0x00, 0x0A, 0x49, 0x44, 0x41, 0x54, 0x78,
    0xDA, 0x63, 0x08, 0x05, 0x00, 0x00, 0x57, 0x00, 0x56, 0x92, 0xCB, 0x65, 0xC1, 0x00,
    0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};
static const uint8_t clear[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x08, 0x08, 0x04, 0x00, 0x00, 0x00, 0x5A,
    0x7F, 0xB7, 0x1C, 0x00, 0x00, 0x00, 0x10, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x60,
    0x64, 0xC0, 0x0F, 0x19, 0x46, 0x86, 0x02, 0x00, 0x43, 0x48, 0x00, 0x81, 0xA0, 0xE4, 0xE6,
    0x13, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};
static const uint8_t jpeg[] = {
    0xFF, 0xD8, 0xFF, 0xDB, 0x00, 0x43, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0xFF, 0xC0, 0x00, 0x0B, 0x08, 0x00, 0x08, 0x00, 0x10,
    0x01, 0x01, 0x11, 0x00, 0xFF, 0xC4, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0B, 0xFF, 0xC4, 0x00, 0x14, 0x10, 0x01,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3F, 0x00, 0x3F, 0xF3, 0xFC, 0x3F, 0xFF, 0xD9};
static const uint8_t nothing[1];

static const struct input contents[] = {
    {dark, dark + sizeof dark},
    {light, light + sizeof light},
    {jpeg, jpeg + sizeof jpeg},
    {dark, dark + sizeof dark / 2},
    {nothing, nothing},
    {clear, clear + sizeof clear},
    {small, small + sizeof small},
};

/* Words that a path may be made of, besides any others. */
static const char *const parts[] = {"A",       "B", "train", "test",  ".x",    "__MACOSX",
                                    "read.me", "C", "1.png", "2.PNG", "3.jpg", "4.jpeg",
                                    ".5.png",  "é", "x.png", "D"};

/* Reads a path to a line feed, a byte below ' ' standing for one of the words. */
static void read_path(struct input *input, char *path) {
    char line[PATH_MOST];
    size_t n = 0;
    input_line(input, line, sizeof line);
    path[0] = '\0';
    for (const char *byte = line; *byte != '\0' && n + 10 < PATH_MOST; byte++) {
        const unsigned char c = (unsigned char)*byte;
        if (c < ' ' && n > 0 && path[n - 1] != '/') {
            path[n++] = '/';
        }
        if (c < ' ') {
            n += (size_t)snprintf(path + n, PATH_MOST - n, "%s", parts[c % COUNT_OF(parts)]);
        } else {
            path[n++] = *byte;
        }
        path[n] = '\0';
    }
}

/* Whether a folder can hold it: neither ".", ".." nor nothing between two slashes; and it is not so
 * deep that a folder is refused by what an archive of it does not have, empty and hidden folders.
 */
static bool is_sound_path(const char *path) {
    enum { FOLDERS_MOST = 30 };
    const char *part = path;
    size_t n = 0;
    for (size_t length; *part != '\0' && n <= FOLDERS_MOST; part += length + 1, n++) {
        length = strcspn(part, "/");
        if (length == 0 || strncmp(part, ".", length) == 0 || strncmp(part, "..", length) == 0) {
            return false;
        }
        if (part[length] == '\0') {
            return true;
        }
    }
    return false;
}

/* One of them, or one is a folder of the other: "A", "A/1.png". */
static bool is_below(const char *path, const char *folder) {
    const size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool has_room(const struct tree *tree, const struct node *node) {
    for (size_t i = 0; i < tree->n; i++) {
        const struct node *other = &tree->nodes[i];
        const bool is_same = strcmp(node->path, other->path) == 0;
        if (is_same || (other->type != '5' && is_below(node->path, other->path)) ||
            (node->type != '5' && is_below(other->path, node->path))) {
            return false;
        }
    }
    return is_sound_path(node->path);
}

static void read_tree(struct tree *tree, struct input *input) {
    tree->n = 0;
    while (tree->n < ENTRIES_MOST && input_size(input) > 0) {
        struct node *node = &tree->nodes[tree->n];
        const size_t what = input_byte(input) % (COUNT_OF(contents) + 3);
        *node = (struct node){.type = what < COUNT_OF(contents)    ? '0'
                                      : what == COUNT_OF(contents) ? '6'
                                                                   : '5'};
        node->bytes = contents[what < COUNT_OF(contents) ? what : 0];
        read_path(input, node->path);
        tree->n += has_room(tree, node);
    }
}

/* The folders above a file, then the file. */
static void make_node(const struct node *node, const char *path) {
    char folder[256];
    snprintf(folder, sizeof folder, "%s", path);
    const size_t base = strlen(path) - strlen(node->path);
    for (char *slash = strchr(folder + base, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0777);
        *slash = '/';
    }
    if (node->type == '5') {
        mkdir(path, 0777);
    } else if (node->type == '6') {
        mkfifo(path, 0666);
    } else {
        const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        const size_t n = input_size(&node->bytes);
        if (file < 0 || write(file, node->bytes.at, n) != (ssize_t)n || close(file) != 0) {
            frame_fail("%s cannot be written", path);
        }
    }
}

static const char *node_path(const struct frame *frame, const struct node *node) {
    char name[PATH_MOST + 8];
    snprintf(name, sizeof name, "tree/%s", node->path);
    return frame_path(frame, name);
}

static void make_tree(const struct frame *frame, const struct tree *tree) {
    frame_make_folder(frame, "tree");
    for (size_t i = 0; i < tree->n; i++) {
        make_node(&tree->nodes[i], node_path(frame, &tree->nodes[i]));
    }
}

/* The files, then their folders where they are empty. */
static void remove_tree(const struct frame *frame, const struct tree *tree) {
    for (size_t i = 0; i < 2 * tree->n; i++) {
        char path[256];
        const struct node *node = &tree->nodes[i % tree->n];
        snprintf(path, sizeof path, "%s", node_path(frame, node));
        const size_t base = strlen(path) - strlen(node->path);
        if (node->type == '5' || i >= tree->n) {
            rmdir(path);
        } else {
            unlink(path);
        }
        for (char *slash; i >= tree->n && (slash = strrchr(path + base, '/')) != NULL;) {
            *slash = '\0';
            rmdir(path);
        }
    }
}

/* A zip holds no FIFO, and libarchive takes a backslash in one for a slash. */
static bool is_for_zip(const struct tree *tree) {
    for (size_t i = 0; i < tree->n; i++) {
        if (tree->nodes[i].type == '6' || strchr(tree->nodes[i].path, '\\') != NULL) {
            return false;
        }
    }
    return true;
}

static const char *write_archive(struct frame *frame, const struct tree *tree, bool is_zip,
                                 bool is_backward) {
    static struct packed file;
    char names[ENTRIES_MOST][PATH_MOST + 1];
    const char *views[ENTRIES_MOST];
    struct input bytes[ENTRIES_MOST];
    file.n = 0;
    if (!is_zip) { /* first, since a name may begin as other files do */
        pack_tar_entry(&file, "./", '5', &contents[0]);
    }
    for (size_t i = 0; i < tree->n; i++) {
        const struct node *node = &tree->nodes[is_backward ? tree->n - 1 - i : i];
        snprintf(names[i], sizeof names[i], "%s%s", node->path, node->type == '5' ? "/" : "");
        views[i] = names[i];
        bytes[i] = node->type == '0' ? node->bytes : (struct input){nothing, nothing};
        if (!is_zip) {
            pack_tar_entry(&file, names[i], node->type, &bytes[i]);
        }
    }
    if (is_zip) {
        pack_zip(&file, tree->n, views, bytes);
    } else {
        pack_tar_end(&file);
    }
    return frame_write(frame, "a", file.at, file.n);
}

static struct dataset *load_tree(struct frame *frame, uint8_t c, const char *path) {
    static const char *const sets[] = {"", "train", "test", "A"};
    static const char *const classes[] = {"", "B,A", "AB", "train,test,A"};
    return load_kept(frame, c, "images",
                     GIVEN({"path", STRING(path)}, {"part", STRING(sets[c % 4])},
                           {"classes", STRING(classes[c / 4 % 4])}, {"limit", INTEGER(1)}));
}

static void read_trees(struct frame *frame, const uint8_t *bytes, size_t n) {
    enum { IS_ARCHIVE = 64 };
    static struct tree tree;
    struct input input = {bytes, bytes + n};
    const uint8_t c = input_byte(&input) % IS_ARCHIVE;
    read_tree(&tree, &input);
    make_tree(frame, &tree);
    struct dataset *folder = load_tree(frame, c % 16, frame_path(frame, "tree"));
    const char *path =
        write_archive(frame, &tree, c / 16 % 2 == 1 && is_for_zip(&tree), c / 32 == 1);
    struct dataset *archive = load_tree(frame, IS_ARCHIVE + c % 16, path);
    remove_tree(frame, &tree);
    if (folder != NULL || archive != NULL) {
        compare(folder, archive, "the folder and the archive");
    }
    dataset_release(folder);
    dataset_release(archive);
}

/* The table ------------------------------------------------------------------------------------ */

const struct harness picture_harnesses[] = {
    {"png", 64, prepare_tree, loading_clear, read_png},
    {"jpeg", 64, prepare_tree, loading_clear, read_jpeg},
    {"archive", 64, loading_prepare_archives, loading_clear, read_archive},
    {"trees", 64, loading_prepare_archives, loading_clear, read_trees},
    {.name = NULL},
};
