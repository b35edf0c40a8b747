/* SPDX-License-Identifier: MIT */
/* Data set "images": PNG and tar files written by hand from the rules of the formats, and damaged.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* What sRGB (IEC 61966-2-1) says of grey: weights of light, not of codes. */
static double to_light(double code) {
    return code <= 0.04045 ? code / 12.92 : pow((code + 0.055) / 1.055, 2.4);
}

static double to_code(double light) {
    return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

TEST(turns_colour_into_grey) {
    static const unsigned char rows[] = {0, 200, 200, 200, 255, 0, 0, 0, 255, 0, 10, 100, 240};
    static const unsigned char alpha[] = {0, 100, 255, 100, 0, 7, 255, 255, 255};
    const struct bytes colour = make_png(1, 4, PNG_COLOUR, rows, sizeof rows);
    const struct bytes clear = make_png(1, 4, PNG_GREY_ALPHA, alpha, sizeof alpha);
    write_picture("a", "1.png", &colour);
    write_picture("b", "1.png", &clear);
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
    const uint8_t *grey = dataset_data(dataset)->inputs;
    for (size_t p = 0; p < 4; p++) {
        const unsigned char *rgb = rows + 1 + 3 * p;
        const double light = 0.2126 * to_light(rgb[0] / 255.0) + 0.7152 * to_light(rgb[1] / 255.0) +
                             0.0722 * to_light(rgb[2] / 255.0);
        ck_assert_double_eq_tol((double)grey[p], 255.0 * to_code(light), 1.5);
    }
    /* On black: solid stays, clear vanishes. */
    ck_assert_uint_eq(grey[4], 100);
    ck_assert_uint_eq(grey[5], 0);
    ck_assert_uint_eq(grey[6], 7);
    ck_assert_uint_eq(grey[7], 255);
    dataset_release(dataset);
}

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
    ck_assert_uint_eq(loader.n_warnings, 6); /* five and how many there were */
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
    loader_refuse(&loader, SYNRL_INVALID, "none of 0 PNG files is readable", "images",
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
