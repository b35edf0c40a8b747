/* SPDX-License-Identifier: MIT */
/* Data set "images": PNG and tar files written by hand from the rules of the formats, and damaged.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "support/bytes.h"
#include "support/loader.h"
#include "support/test.h"

static struct loader loader;

static void setup(void) {
    loader_open(&loader);
}

static void teardown(void) {
    loader_close(&loader);
}

SUITE("images", .setup = setup, .teardown = teardown);

/* Files under construction --------------------------------------------------------------------- */

/* rows: of bytes, each row begun by its filter type 0. */
static struct bytes make_png(unsigned height, unsigned width, unsigned char type, const void *rows,
                             size_t n) {
    const struct bytes header = png_header(height, width, type);
    return png_make(&header, rows, n);
}

/* A grey picture of 2 x 3 with the pixels first, first + 1 .. first + 5. */
static struct bytes grey_png(unsigned char first) {
    unsigned char rows[8] = {0};
    for (unsigned char i = 0; i < 6; i++) {
        rows[1 + i + i / 3] = (unsigned char)(first + i);
    }
    return make_png(2, 3, PNG_GREY, rows, sizeof rows);
}

/* POSIX.1-1988 ustar: a header block, then the data in blocks of 512. */
static void add_to_tar(struct bytes *tar, const char *name, char type, const void *data, size_t n) {
    unsigned char header[512] = {0};
    snprintf((char *)header, 100, "%s", name);
    snprintf((char *)header + 100, 8, "%07o", 0644U);
    snprintf((char *)header + 124, 12, "%011zo", n);
    memset(header + 148, ' ', 8);
    header[156] = (unsigned char)type;
    memcpy(header + 157, "a/1.png", type == '1' || type == '2' ? 7 : 0); /* what a link names */
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    unsigned sum = 0;
    for (size_t i = 0; i < 512; i++) {
        sum += header[i];
    }
    snprintf((char *)header + 148, 8, "%06o", sum);
    bytes_add(tar, header, 512);
    bytes_add(tar, data, n);
    memset(header, 0, sizeof header);
    bytes_add(tar, header, (512 - n % 512) % 512);
}

static void end_tar(struct bytes *tar) {
    static const unsigned char blocks[1024];
    bytes_add(tar, blocks, sizeof blocks);
}

static const char *write_gzip(const char *name, const struct bytes *file) {
    const char *path = scratch_path(&loader.scratch, name);
    gzFile stream = gzopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(gzwrite(stream, file->at, (unsigned)file->n), (int)file->n);
    ck_assert_int_eq(gzclose(stream), Z_OK);
    return path;
}

/* FOLDER/NAME, whose folder is made. */
static void write_picture(const char *class_name, const char *file_name, const struct bytes *file) {
    char name[100];
    mkdir(scratch_path(&loader.scratch, class_name), 0755);
    snprintf(name, sizeof name, "%s/%s", class_name, file_name);
    loader_file(&loader, name, file->at, file->n);
}

/* Reading -------------------------------------------------------------------------------------- */

/* Pictures that begin with these pixels, in this order, with these labels. */
static void check_pictures(const struct dataset *dataset, size_t n, const unsigned char *firsts,
                           const int32_t *labels) {
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_samples, n);
    ck_assert_uint_eq(data->height, 2);
    ck_assert_uint_eq(data->width, 3);
    ck_assert_uint_eq(data->n_channels, 1);
    ck_assert_int_eq(data->format, SYNRL_INPUT_BYTES);
    ck_assert_float_eq(data->scale, 1.0F / 255.0F);
    ck_assert_mem_eq(data->labels, labels, n * sizeof *labels);
    for (size_t i = 0; i < 6 * n; i++) {
        ck_assert_uint_eq(((const uint8_t *)data->inputs)[i], firsts[i / 6] + i % 6);
    }
}

TEST(reads_a_folder_in_the_order_of_names) {
    const struct bytes pngs[] = {grey_png(10), grey_png(20), grey_png(30), grey_png(40)};
    write_picture("b", "2.png", &pngs[0]);
    write_picture("b", "1.PNG", &pngs[1]);
    write_picture("a", "9.png", &pngs[2]);
    write_picture("c", "0.png", &pngs[3]);
    write_picture("c", "notes.txt", &pngs[3]); /* neither this nor what follows is a picture */
    write_picture("c", "._0.png", &pngs[3]);
    write_picture(".hidden", "0.png", &pngs[3]);
    loader_file(&loader, "loose.png", pngs[3].at, pngs[3].n);
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
    static const unsigned char firsts[] = {30, 20, 10, 40};
    static const int32_t labels[] = {0, 1, 1, 2};
    check_pictures(dataset, 4, firsts, labels);
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 3);
    ck_assert_str_eq(dataset_data(dataset)->class_names[0], "a");
    ck_assert_str_eq(dataset_data(dataset)->class_names[2], "c");
    ck_assert_uint_eq(loader.n_warnings, 0);
    dataset_release(dataset);
}

static struct bytes small_tar(void) {
    const struct bytes pngs[] = {grey_png(10), grey_png(20), grey_png(30)};
    struct bytes tar = {.n = 0};
    add_to_tar(&tar, "top/", '5', "", 0);
    add_to_tar(&tar, "top/B/1.png", '0', pngs[0].at, pngs[0].n);
    add_to_tar(&tar, "top/A/2.png", '0', pngs[1].at, pngs[1].n);
    add_to_tar(&tar, "top/A/1.png", '0', pngs[2].at, pngs[2].n);
    end_tar(&tar);
    return tar;
}

TEST(reads_an_archive_as_its_folder) {
    static const unsigned char firsts[] = {30, 20, 10};
    static const int32_t labels[] = {0, 0, 1};
    const struct bytes tar = small_tar();
    const char *paths[] = {loader_file(&loader, "a.tar", tar.at, tar.n),
                           write_gzip("a.tar.gz", &tar)};
    for (size_t p = 0; p < 2; p++) {
        struct dataset *dataset = loader_load(&loader, "images", GIVEN({"path", STRING(paths[p])}));
        check_pictures(dataset, 3, firsts, labels);
        dataset_release(dataset);
    }
}

/* What Pillow's convert("L") gives, in its words: L = R * 299/1000 + G * 587/1000 + B * 114/1000.
 */
TEST(turns_colour_into_grey) {
    static const unsigned char rows[] = {0, 200, 200, 200, 255, 0, 0, 0, 255, 0, 10, 100, 240};
    static const unsigned char expected[] = {200, 76, 150, 89};
    const struct bytes colour = make_png(1, 4, PNG_COLOUR, rows, sizeof rows);
    write_picture("a", "1.png", &colour);
    write_picture("b", "1.png", &colour);
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
    ck_assert_mem_eq(dataset_data(dataset)->inputs, expected, 4);
    dataset_release(dataset);
}

/* Channels beside each other, as NumPy has them; a grey picture has three that are equal. */
TEST(keeps_colours_where_asked) {
    static const unsigned char rows[] = {0, 200, 200, 200, 255, 0, 0, 0, 255, 0, 10, 100, 240};
    static const unsigned char grey[] = {0, 7, 0, 255, 128};
    static const unsigned char equal[] = {7, 7, 7, 0, 0, 0, 255, 255, 255, 128, 128, 128};
    const struct bytes pngs[] = {make_png(1, 4, PNG_COLOUR, rows, sizeof rows),
                                 make_png(1, 4, PNG_GREY, grey, sizeof grey)};
    write_picture("a", "1.png", &pngs[0]);
    write_picture("b", "1.png", &pngs[1]);
    struct dataset *dataset =
        loader_load(&loader, "images",
                    GIVEN({"path", STRING(loader.scratch.folder)}, {"colour", STRING("rgb")}));
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->height, 1);
    ck_assert_uint_eq(data->width, 4);
    ck_assert_uint_eq(data->n_channels, 3);
    ck_assert_uint_eq(data->n_inputs, 12);
    ck_assert_mem_eq(data->inputs, rows + 1, 12);
    ck_assert_mem_eq((const uint8_t *)data->inputs + 12, equal, 12);
    dataset_release(dataset);
}

TEST(blends_each_colour_with_what_lies_under_it) {
    static const unsigned char rows[] = {0, 255, 0, 100, 51, 10, 20, 30, 255};
    static const unsigned char black[] = {51, 0, 20, 10, 20, 30};
    static const unsigned char white[] = {255, 204, 224, 10, 20, 30};
    const struct bytes png = make_png(1, 2, PNG_COLOUR_ALPHA, rows, sizeof rows);
    const char *folder = loader.scratch.folder;
    write_picture("a", "1.png", &png);
    write_picture("b", "1.png", &png);
    loader_refuse(&loader, SYNRL_INVALID, "a/1.png has transparent pixels", "images",
                  GIVEN({"path", STRING(folder)}, {"colour", STRING("rgb")}));
    for (int b = 0; b < 2; b++) {
        struct dataset *dataset =
            loader_load(&loader, "images",
                        GIVEN({"path", STRING(folder)}, {"colour", STRING("rgb")},
                              {"background", STRING(b == 0 ? "black" : "white")}));
        ck_assert_mem_eq(dataset_data(dataset)->inputs, b == 0 ? black : white, 6);
        dataset_release(dataset);
    }
}

TEST(asks_what_lies_under_transparent_pixels) {
    static const unsigned char solid[] = {0, 100, 255, 7, 255, 0, 255, 255, 255};
    static const unsigned char clear[] = {0, 100, 255, 100, 0, 0, 51, 255, 51};
    static const unsigned char black[] = {100, 0, 0, 51}, white[] = {100, 255, 204, 255};
    const struct bytes pngs[] = {make_png(1, 4, PNG_GREY_ALPHA, solid, sizeof solid),
                                 make_png(1, 4, PNG_GREY_ALPHA, clear, sizeof clear)};
    const char *folder = loader.scratch.folder;
    write_picture("a", "1.png", &pngs[0]);
    write_picture("b", "1.png", &pngs[1]);
    loader_refuse(&loader, SYNRL_INVALID, "b/1.png has transparent pixels: must be opaque",
                  "images", GIVEN({"path", STRING(folder)}));
    struct dataset *dataset = loader_load(
        &loader, "images", GIVEN({"path", STRING(folder)}, {"background", STRING("black")}));
    static const unsigned char opaque[] = {100, 7, 0, 255};
    ck_assert_mem_eq(dataset_data(dataset)->inputs, opaque, 4);
    ck_assert_mem_eq((const uint8_t *)dataset_data(dataset)->inputs + 4, black, 4);
    dataset_release(dataset);
    dataset = loader_load(&loader, "images",
                          GIVEN({"path", STRING(folder)}, {"background", STRING("white")}));
    ck_assert_mem_eq((const uint8_t *)dataset_data(dataset)->inputs + 4, white, 4);
    dataset_release(dataset);
}

/* The picture with another chunk after its header. */
static struct bytes with_chunk(const struct bytes *png, const char *type, const void *data,
                               size_t n) {
    enum { HEADER_END = 33 };
    struct bytes made = {.n = 0};
    bytes_add(&made, png->at, HEADER_END);
    bytes_add_big_endian(&made, n);
    bytes_add(&made, type, 4);
    bytes_add(&made, data, n);
    bytes_add_big_endian(&made, crc32(0, made.at + HEADER_END + 4, (unsigned)n + 4));
    bytes_add(&made, png->at + HEADER_END, png->n - HEADER_END);
    return made;
}

/* Gamma says how to show a picture. Of 16 bits, v * 257 is v; and 0x4080 is 64.25. */
TEST(takes_values_as_they_are_stored) {
    static const unsigned char row[] = {0, 16, 64, 128, 255};
    static const unsigned char wide[] = {0, 16, 16, 0x40, 0x80, 128, 128, 255, 255};
    struct bytes header = png_header(1, 4, PNG_GREY);
    const struct bytes png = make_png(1, 4, PNG_GREY, row, sizeof row);
    header.at[8] = 16;
    const struct bytes pngs[] = {
        png,
        png_make(&header, wide, sizeof wide),
        with_chunk(&png, "gAMA", "\0\x01\x86\xA0", 4), /* 100000: linear light */
        with_chunk(&png, "gAMA", "\0\0\x6A\x0E", 4),   /* 1 / 3.68 */
        with_chunk(&png, "sRGB", "\0", 1),
        with_chunk(&png, "iCCP", "damaged", 7),
        with_chunk(&png, "zTXt", "of no use\0\0damaged", 18),
        with_chunk(&png, "sBIT", "\1", 1),
    };
    for (size_t p = 0; p < COUNT_OF(pngs); p++) {
        char name[] = "1.png";
        name[0] = (char)('1' + p);
        write_picture(p % 2 == 0 ? "a" : "b", name, &pngs[p]);
    }
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, COUNT_OF(pngs));
    for (size_t p = 0; p < COUNT_OF(pngs); p++) {
        ck_assert_mem_eq((const uint8_t *)dataset_data(dataset)->inputs + 4 * p, row + 1, 4);
    }
    ck_assert_uint_eq(loader.n_warnings, 0);
    dataset_release(dataset);
}

/* Layout --------------------------------------------------------------------------------------- */

static void write_tree(size_t n, const char *const *names) {
    const struct bytes png = grey_png(10);
    for (size_t i = 0; i < n; i++) {
        char folder[100];
        for (const char *slash = strchr(names[i], '/'); slash != NULL;
             slash = strchr(slash + 1, '/')) {
            snprintf(folder, sizeof folder, "%.*s", (int)(slash - names[i]), names[i]);
            mkdir(scratch_path(&loader.scratch, folder), 0755);
        }
        loader_file(&loader, names[i], png.at, png.n);
    }
}

static const char *tar_tree(size_t n, const char *const *names) {
    const struct bytes png = grey_png(10);
    struct bytes tar = {.n = 0};
    for (size_t i = 0; i < n; i++) {
        add_to_tar(&tar, names[i], '0', png.at, png.n);
    }
    end_tar(&tar);
    return write_gzip("tree.tar.gz", &tar);
}

static const struct {
    const char *names[5];
    size_t n_samples;    /* 0: refused, with */
    const char *message; /* or the name of the first class */
} trees[] = {
    {{"d/A/1.png", "d/B/2.png", "d/overview.png"}, 2, "A"},
    {{"A/1.png", "B/2.png", "B/notes.txt", ".git/C/1.png", "B/.x/3.png"}, 2, "A"},
    {{"x/y/A/1.png", "x/y/B/2.png", "x/y/B/3.png"}, 3, "A"},
    {{"\xC3\xA4/1.png", "\xC3\xB6/2.png"}, 2, "\xC3\xA4"},
    {{"p/train/A/1.png", "p/train/B/1.png", "p/test/A/1.png"}, 0, "/1.png lies too deep"},
    {{"train/A/1.png", "A/1.png", "B/1.png"}, 0, "train/A/1.png lies too deep"},
    {{"1.png", "2.png"}, 0, "such as A/1.png; 1.png is in no such folder"},
    {{"A/1.gif", "B/2.gif", "README"}, 0, "; there are 3 other files, such as "},
    {{"p/A/1.png", "p/A/2.png"}, 0, "has 1 classes"},
    {{"A.png/1.png", "B.JPG/2.png", "B.JPG/.png"}, 2, "A.png"},
    {{"A/1.png", "B/2.png", "B/3.png/4.png"}, 0, "B/3.png/4.png lies too deep"},
    {{"1/2/3/4/5/6/7/8/9/10/A/1.png", "1/2/3/4/5/6/7/8/9/10/B/2.png"}, 2, "A"},
};

TEST_EACH(a_folder_and_its_archive_are_equal, COUNT_OF(trees)) {
    size_t n = 0;
    while (n < 5 && trees[_i].names[n] != NULL) {
        n++;
    }
    const char *paths[] = {loader.scratch.folder, tar_tree(n, trees[_i].names)};
    for (size_t p = 0; p < 2; p++) {
        if (p == 1) {
            write_tree(n, trees[_i].names);
        }
        const char *path = paths[1 - p]; /* the archive first, alone in its folder */
        if (trees[_i].n_samples == 0) {
            loader_refuse(&loader, SYNRL_INVALID, trees[_i].message, "images",
                          GIVEN({"path", STRING(path)}));
            remove(paths[1]);
            continue;
        }
        struct dataset *dataset = loader_load(&loader, "images", GIVEN({"path", STRING(path)}));
        ck_assert_uint_eq(dataset_data(dataset)->n_samples, trees[_i].n_samples);
        ck_assert_uint_eq(dataset_data(dataset)->n_classes, 2);
        ck_assert_str_eq(dataset_data(dataset)->class_names[0], trees[_i].message);
        ck_assert_uint_eq(loader.n_warnings, 0);
        dataset_release(dataset);
        remove(paths[1]);
    }
}

/* Without classes, wherever they lie; a folder and its archive alike. */
TEST(reads_pictures_without_classes) {
    static const char *const trees_of[] = {"2.png", "new/3.png", "new/deep/1.png"};
    write_tree(COUNT_OF(trees_of), trees_of);
    const char *paths[] = {loader.scratch.folder, tar_tree(COUNT_OF(trees_of), trees_of)};
    for (size_t p = 0; p < COUNT_OF(paths); p++) {
        struct dataset *dataset = loader_load(
            &loader, "images", GIVEN({"path", STRING(paths[p])}, {"labels", STRING("none")}));
        const synrl_data *data = dataset_data(dataset);
        ck_assert_uint_eq(data->n_samples, 3);
        ck_assert_ptr_null(data->labels);
        ck_assert_uint_eq(data->n_classes, 0);
        for (size_t i = 0; i < 3; i++) {
            ck_assert_str_eq(data->sample_names[i], trees_of[i]);
        }
        dataset_release(dataset);
    }
}

TEST(refuses_links_and_doubles_in_an_archive) {
    const struct bytes png = grey_png(10);
    for (int i = 0; i < 3; i++) {
        struct bytes tar = {.n = 0};
        add_to_tar(&tar, "a/1.png", '0', png.at, png.n);
        add_to_tar(&tar, "b/1.png", '0', png.at, png.n);
        add_to_tar(&tar, i == 2 ? "b/1.png" : "b/2.png", "120"[i], png.at, i == 2 ? png.n : 0);
        end_tar(&tar);
        const char *path = loader_file(&loader, "a.tar", tar.at, tar.n);
        loader_refuse(&loader, SYNRL_INVALID,
                      i == 2 ? "a.tar: b/1.png is in it twice" : "a.tar: b/2.png is a link",
                      "images", GIVEN({"path", STRING(path)}));
    }
}

TEST(follows_links_in_a_folder_once) {
    static const char *const names[] = {"A/1.png", "B/2.png"};
    write_tree(2, names);
    ck_assert_int_eq(symlink("../A/1.png", scratch_path(&loader.scratch, "B/1.png")), 0);
    ck_assert_int_eq(symlink("..", scratch_path(&loader.scratch, "B/above")), 0);
    ck_assert_int_eq(mkfifo(scratch_path(&loader.scratch, "B/fifo.png"), 0600), 0);
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 3);
    ck_assert_ptr_nonnull(strstr(loader.warning, "B/fifo.png is left out: it must be a file"));
    dataset_release(dataset);
}

/* Not passed over in silence: 33 folders, in a folder and in its archive. */
TEST(refuses_folders_that_lie_too_deep) {
    char name[200] = "";
    const char *const names[] = {"A/1.png", "B/2.png", name};
    for (int i = 0; i < 32; i++) {
        strcat(name, "d/");
    }
    strcat(name, "A/1.png");
    const char *path = tar_tree(3, names);
    loader_refuse(&loader, SYNRL_INVALID, "d/d/A/1.png lies too deep: folders may be at most 32",
                  "images", GIVEN({"path", STRING(path)}));
    remove(path);
    write_tree(3, names);
    loader_refuse(&loader, SYNRL_INVALID, "d/d/A lies too deep: folders may be at most 32 deep",
                  "images", GIVEN({"path", STRING(loader.scratch.folder)}));
}

/* Damage --------------------------------------------------------------------------------------- */

TEST(unreadable_files_are_named_and_left_out) {
    const struct bytes pngs[] = {grey_png(10), grey_png(20)};
    struct bytes cut = grey_png(30), empty = {.n = 0}, other = {.n = 0}, broken = grey_png(40);
    cut.n -= 20;
    broken.at[45] ^= 1;
    bytes_add(&other, "GIF89a and so on", 16);
    write_picture("a", "1.png", &pngs[0]);
    write_picture("b", "1.png", &pngs[1]);
    write_picture("b", "cut.png", &cut);
    write_picture("b", "empty.png", &empty);
    write_picture("b", "other.png", &other);
    write_picture("b", "broken.png", &broken);
    mkdir(scratch_path(&loader.scratch, "b/folder.png"), 0755);
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 2);
    ck_assert_uint_eq(loader.n_warnings, 5); /* four and how many there were; a folder is none */
    ck_assert_ptr_nonnull(strstr(loader.warning, ".png is left out: "));
    dataset_release(dataset);
}

TEST(names_no_more_than_ten) {
    const struct bytes pngs[] = {grey_png(10), grey_png(20)}, empty = {.n = 0};
    struct bytes tar = {.n = 0};
    add_to_tar(&tar, "a/1.png", '0', pngs[0].at, pngs[0].n);
    add_to_tar(&tar, "b/1.png", '0', pngs[1].at, pngs[1].n);
    for (int i = 0; i < 14; i++) {
        add_to_tar(&tar, "b/empty.png", '0', empty.at, 0);
    }
    end_tar(&tar);
    const char *path = loader_file(&loader, "a.tar", tar.at, tar.n);
    dataset_release(loader_load(&loader, "images", GIVEN({"path", STRING(path)})));
    ck_assert_uint_eq(loader.n_warnings, 11);
    ck_assert_ptr_nonnull(strstr(loader.warning, "b/empty.png is left out: it is empty"));
}

TEST(refuses_pictures_of_two_sizes) {
    static const unsigned char row[] = {0, 1, 2, 3};
    const struct bytes png = grey_png(10), small = make_png(1, 3, PNG_GREY, row, sizeof row);
    struct bytes tar = {.n = 0};
    add_to_tar(&tar, "a/1.png", '0', png.at, png.n);
    add_to_tar(&tar, "b/2.png", '0', small.at, small.n);
    end_tar(&tar);
    const char *path = loader_file(&loader, "a.tar", tar.at, tar.n);
    loader_refuse(&loader, SYNRL_INVALID, "a.tar: b/2.png is 3 x 1, and a/1.png is 3 x 2", "images",
                  GIVEN({"path", STRING(path)}));
}

TEST(refuses_what_holds_no_pictures) {
    loader_refuse(&loader, SYNRL_INVALID, "none of 0 PNG or JPEG files is readable", "images",
                  GIVEN({"path", STRING(loader.scratch.folder)}));
    loader_refuse(&loader, SYNRL_IO, "nowhere: cannot be opened: No such file", "images",
                  GIVEN({"path", STRING("nowhere")}));
    const char *path = loader_file(&loader, "a.tar.gz", "", 0);
    loader_refuse(&loader, SYNRL_INVALID, "a.tar.gz: ", "images", GIVEN({"path", STRING(path)}));
    path = loader_file(&loader, "a.tar.gz", "what is this, is it an archive?", 31);
    loader_refuse(&loader, SYNRL_INVALID, "is not a tar or zip file, or damaged", "images",
                  GIVEN({"path", STRING(path)}));
    const struct bytes png = grey_png(10);
    struct bytes tar = {.n = 0};
    add_to_tar(&tar, "a/1.png", '0', png.at, png.n);
    end_tar(&tar);
    path = loader_file(&loader, "a.tar", tar.at, tar.n);
    loader_refuse(&loader, SYNRL_INVALID, "a.tar: has 1 classes: must be at least 2", "images",
                  GIVEN({"path", STRING(path)}));
}

TEST(takes_no_memory_for_a_size_that_a_header_claims) {
    /* 30,000 x 30,000 in a hundred bytes. */
    static const unsigned char rows[64];
    const struct bytes pngs[] = {grey_png(10), grey_png(20)};
    const struct bytes huge = make_png(30000, 30000, PNG_GREY, rows, sizeof rows);
    write_picture("a", "1.png", &pngs[0]);
    write_picture("b", "1.png", &pngs[1]);
    write_picture("b", "huge.png", &huge);
    loader.peak = 0;
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 2);
    ck_assert_ptr_nonnull(strstr(loader.warning, "b/huge.png is left out: it is too short"));
    ck_assert_uint_lt(loader.peak, 1 << 20);
    dataset_release(dataset);
}

static struct bytes with_length(struct bytes png, unsigned length) {
    for (unsigned b = 0; b < 4; b++) {
        png.at[33 + b] = (unsigned char)(length >> (24 - 8 * b));
    }
    return png;
}

/* libpng would take 1.1 GiB for the first, before it finds the end of the file. */
TEST(takes_no_memory_for_a_length_that_a_chunk_claims) {
    const struct bytes pngs[] = {grey_png(10), grey_png(20)};
    const struct bytes text = with_chunk(&pngs[0], "tEXt", "k\0v", 3);
    const struct bytes wrong[] = {
        with_length(text, 0x47420003),
        with_length(with_chunk(&pngs[0], "zTXt", "k\0\0v", 4), 0x7fffffff),
        with_length(with_chunk(&pngs[0], "PLTE", "abc", 3), 0xffffffff),
        with_length(text, (unsigned)(text.n - 33 - 12 + 1)),
    };
    write_picture("a", "1.png", &pngs[0]);
    write_picture("b", "1.png", &pngs[1]);
    for (size_t w = 0; w < COUNT_OF(wrong); w++) {
        write_picture("b", "wrong.png", &wrong[w]);
        struct dataset *dataset =
            loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
        ck_assert_uint_eq(dataset_data(dataset)->n_samples, 2);
        ck_assert_ptr_nonnull(strstr(loader.warning, "b/wrong.png is left out: it is cut off"));
        dataset_release(dataset);
    }
}

TEST(takes_no_memory_beyond_the_limit) {
    /* 3,000 x 3,000, and behind the picture as much as it takes to make that likely. */
    static const unsigned char rows[64], more[4096];
    const struct bytes pngs[] = {grey_png(10), grey_png(20)};
    struct bytes huge = make_png(3000, 3000, PNG_GREY, rows, sizeof rows);
    bytes_add(&huge, more, sizeof more);
    write_picture("a", "1.png", &pngs[0]);
    write_picture("b", "1.png", &pngs[1]);
    write_picture("b", "huge.png", &huge);
    loader.peak = 0;
    loader_refuse(&loader, SYNRL_INVALID, "more than limit = 1 MiB of pixels", "images",
                  GIVEN({"path", STRING(loader.scratch.folder)}, {"limit", INTEGER(1)}));
    ck_assert_uint_lt(loader.peak, 1 << 20);
}

TEST(leaves_out_a_file_that_unpacks_to_much) {
    /* A picture of 80 MiB of zeros, in a tar.gz of 80 kB. */
    enum { N = 80 << 20 };
    const struct bytes pngs[] = {grey_png(10), grey_png(20)};
    struct bytes tar = {.n = 0};
    add_to_tar(&tar, "a/1.png", '0', pngs[0].at, pngs[0].n);
    add_to_tar(&tar, "b/1.png", '0', pngs[1].at, pngs[1].n);
    const size_t header = tar.n;
    add_to_tar(&tar, "b/2.png", '0', "", 0);
    snprintf((char *)tar.at + header + 124, 12, "%011o", (unsigned)N);
    memset(tar.at + header + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = header; i < header + 512; i++) {
        sum += tar.at[i];
    }
    snprintf((char *)tar.at + header + 148, 8, "%06o", sum);
    unsigned char *zeros = calloc(N + 1024, 1);
    ck_assert_ptr_nonnull(zeros);
    const char *path = scratch_path(&loader.scratch, "a.tar.gz");
    gzFile stream = gzopen(path, "wb1");
    ck_assert_int_eq(gzwrite(stream, tar.at, (unsigned)tar.n), (int)tar.n);
    ck_assert_int_eq(gzwrite(stream, zeros, N + 1024), N + 1024);
    ck_assert_int_eq(gzclose(stream), Z_OK);
    free(zeros);
    loader.peak = 0;
    struct dataset *dataset = loader_load(&loader, "images", GIVEN({"path", STRING(path)}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 2);
    ck_assert_ptr_nonnull(strstr(loader.warning, "b/2.png is left out: it has more than 64 MiB"));
    ck_assert_uint_lt(loader.peak, (size_t)256 << 20);
    dataset_release(dataset);
}

TEST(survives_damage_of_a_picture) {
    const struct bytes pngs[] = {grey_png(10), grey_png(20), grey_png(30)};
    write_picture("a", "1.png", &pngs[0]);
    write_picture("b", "1.png", &pngs[1]);
    write_picture("b", "2.png", &pngs[2]);
    loader_damage(&loader, scratch_path(&loader.scratch, "b/2.png"), 1 << 20, "images",
                  GIVEN({"path", STRING(loader.scratch.folder)}));
}

TEST(survives_damage_of_an_archive) {
    const struct bytes tar = small_tar();
    const char *path = write_gzip("a.tar.gz", &tar);
    loader_damage(&loader, path, 1 << 20, "images", GIVEN({"path", STRING(path)}));
}

TEST(leaves_nothing_when_memory_runs_out) {
    const struct bytes pngs[] = {grey_png(10), grey_png(20)};
    write_picture("a", "1.png", &pngs[0]);
    write_picture("b", "1.png", &pngs[1]);
    loader_short_memory("images", GIVEN({"path", STRING(loader.scratch.folder)}));
    const struct bytes tar = small_tar();
    loader_short_memory("images", GIVEN({"path", STRING(write_gzip("a.tar.gz", &tar))}));
}
