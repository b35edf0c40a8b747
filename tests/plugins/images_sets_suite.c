/* SPDX-License-Identifier: MIT */
/* Data set "images": JPEGs, several sets below one folder, and classes that are given. */
#include <string.h>
#include <sys/stat.h>

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

SUITE("images_sets", .setup = setup, .teardown = teardown);

/* FOLDER/NAME, whose folders are made. */
static const char *put(const char *name, const void *bytes, size_t n) {
    char folder[100];
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        mkdir(scratch_path(&loader.scratch, folder), 0755);
    }
    return loader_file(&loader, name, bytes, n);
}

/* JPEG, ITU-T T.81: 16 x 8 pixels of two blocks, all quantization steps 1 ---------------------- */

static void add_ones(struct bytes *file, unsigned char number) {
    static const unsigned char head[] = {0xFF, 0xDB, 0x00, 0x43};
    bytes_add(file, head, sizeof head);
    bytes_add(file, &number, 1);
    for (int i = 0; i < 64; i++) {
        bytes_add(file, "\1", 1);
    }
}

/* Black to the left, white to the right. */
static struct bytes grey_jpeg(void) {
    static const unsigned char rest[] = {
        0xFF, 0xC0, 0x00, 0x0B, 0x08, 0x00, 0x08, 0x00, 0x10, 0x01, 0x01, 0x11, 0x00, 0xFF, 0xC4,
        0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x0B, 0xFF, 0xC4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xDA, 0x00,
        0x08, 0x01, 0x01, 0x00, 0x00, 0x3F, 0x00, 0x3F, 0xF3, 0xFC, 0x3F, 0xFF, 0xD9};
    struct bytes file = {.n = 0};
    bytes_add(&file, "\xFF\xD8", 2);
    add_ones(&file, 0);
    bytes_add(&file, rest, sizeof rest);
    return file;
}

/* Red to the left, blue to the right. */
static struct bytes colour_jpeg(void) {
    static const unsigned char rest[] = {
        0xFF, 0xC0, 0x00, 0x11, 0x08, 0x00, 0x08, 0x00, 0x10, 0x03, 0x01, 0x11, 0x00, 0x02, 0x11,
        0x01, 0x03, 0x11, 0x01, 0xFF, 0xC4, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0xFF, 0xC4, 0x00, 0x14,
        0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0xFF, 0xC4, 0x00, 0x16, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0B, 0x09, 0x0A, 0xFF, 0xC4, 0x00,
        0x14, 0x11, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0xFF, 0xDA, 0x00, 0x0C, 0x03, 0x01, 0x00, 0x02, 0x11, 0x03, 0x11,
        0x00, 0x3F, 0x00, 0x17, 0xD2, 0x9D, 0xBF, 0x81, 0x0E, 0x55, 0x01, 0xAF, 0xBF, 0xFF, 0xD9};
    struct bytes file = {.n = 0};
    bytes_add(&file, "\xFF\xD8", 2);
    add_ones(&file, 0);
    add_ones(&file, 1);
    bytes_add(&file, rest, sizeof rest);
    return file;
}

/* Of one colour, for print. */
static struct bytes print_jpeg(void) {
    static const unsigned char first[] = {0xFF, 0xD8, 0xFF, 0xEE, 0x00, 0x0E, 0x41, 0x64, 0x6F,
                                          0x62, 0x65, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00};
    static const unsigned char rest[] = {
        0xFF, 0xC0, 0x00, 0x14, 0x08, 0x00, 0x08, 0x00, 0x10, 0x04, 0x43, 0x11, 0x00, 0x4D,
        0x11, 0x00, 0x59, 0x11, 0x00, 0x4B, 0x11, 0x00, 0xFF, 0xC4, 0x00, 0x15, 0x00, 0x01,
        0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x0A, 0xFF, 0xC4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xDA, 0x00,
        0x0E, 0x04, 0x43, 0x00, 0x4D, 0x00, 0x59, 0x00, 0x4B, 0x00, 0x00, 0x3F, 0x00, 0x84,
        0x74, 0x23, 0xA1, 0x1D, 0x08, 0xE0, 0x0F, 0xFF, 0xD9};
    struct bytes file = {.n = 0};
    bytes_add(&file, first, sizeof first);
    add_ones(&file, 0);
    bytes_add(&file, rest, sizeof rest);
    return file;
}

/* By T.81 and JFIF: red is Y 76, Cb 85, Cr 255 and comes back as 254, 0, 0; blue as 0, 0, 254. */
TEST(reads_jpegs_as_grey) {
    const struct bytes grey = grey_jpeg(), colour = colour_jpeg();
    put("set/a/1.jpg", grey.at, grey.n);
    put("set/b/2.JPEG", colour.at, colour.n);
    put("set/b/3.png", grey.at, grey.n); /* what it is says the content */
    struct dataset *dataset = loader_load(
        &loader, "images", GIVEN({"path", STRING(scratch_path(&loader.scratch, "set"))}));
    const synrl_data *data = dataset_data(dataset);
    ck_assert_msg(data->n_samples == 3, "%s", loader.warning);
    ck_assert_uint_eq(data->height, 8);
    ck_assert_uint_eq(data->width, 16);
    static const uint8_t sides[3][2] = {{0, 255}, {76, 29}, {0, 255}};
    for (size_t i = 0; i < data->n_samples * data->n_inputs; i++) {
        ck_assert_uint_eq(((const uint8_t *)data->inputs)[i], sides[i / 128][i % 16 / 8]);
    }
    dataset_release(dataset);
    ck_assert_uint_eq(loader.n_warnings, 0);
}

TEST(reads_jpegs_in_colour) {
    const struct bytes grey = grey_jpeg(), colour = colour_jpeg();
    put("set/a/1.jpg", grey.at, grey.n);
    put("set/b/2.jpg", colour.at, colour.n);
    struct dataset *dataset = loader_load(
        &loader, "images",
        GIVEN({"path", STRING(scratch_path(&loader.scratch, "set"))}, {"colour", STRING("rgb")}));
    const synrl_data *data = dataset_data(dataset);
    static const uint8_t sides[2][2][3] = {{{0, 0, 0}, {255, 255, 255}},
                                           {{254, 0, 0}, {0, 0, 254}}};
    ck_assert_uint_eq(data->n_channels, 3);
    ck_assert_uint_eq(data->n_inputs, (size_t)8 * 16 * 3);
    for (size_t i = 0; i < data->n_samples * data->n_inputs; i++) {
        const size_t pixel = i / 3;
        ck_assert_uint_eq(((const uint8_t *)data->inputs)[i],
                          sides[pixel / 128][pixel % 16 / 8][i % 3]);
    }
    dataset_release(dataset);
}

/* By class, and then by file. */
TEST(names_samples_by_class_and_file) {
    static const char *const names[] = {"A/2.jpg", "B/1.jpg", "B/10.jpg"};
    const struct bytes grey = grey_jpeg();
    for (size_t i = COUNT_OF(names); i-- > 0;) {
        put(names[i], grey.at, grey.n);
    }
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(loader.scratch.folder)}));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ck_assert_str_eq(dataset_data(dataset)->sample_names[i], names[i]);
    }
    dataset_release(dataset);
}

TEST(jpegs_for_print_and_cut_ones_are_left_out) {
    const struct bytes grey = grey_jpeg(), print = print_jpeg();
    put("set/a/1.jpg", grey.at, grey.n);
    put("set/b/2.jpg", grey.at, grey.n);
    put("set/b/3.jpg", grey.at, grey.n - 30);
    const char *path = scratch_path(&loader.scratch, "set");
    dataset_release(loader_load(&loader, "images", GIVEN({"path", STRING(path)})));
    ck_assert_msg(strstr(loader.warning, "b/3.jpg is left out: ") != NULL, "%s", loader.warning);
    loader.n_warnings = 0;
    put("set/b/3.jpg", print.at, print.n);
    dataset_release(loader_load(&loader, "images", GIVEN({"path", STRING(path)})));
    ck_assert_msg(strstr(loader.warning, "b/3.jpg is left out: its colours are for print") != NULL,
                  "%s", loader.warning);
}

/* A header may claim any size. */
TEST(takes_no_memory_for_a_size_that_a_header_claims) {
    struct bytes grey = grey_jpeg();
    put("set/a/1.jpg", grey.at, grey.n);
    put("set/b/1.jpg", grey.at, grey.n);
    memcpy(grey.at + 76, "\xFF\0\xFF\0", 4); /* height and width, after SOI, DQT and more */
    put("set/b/2.jpg", grey.at, grey.n);
    loader.peak = 0;
    dataset_release(loader_load(&loader, "images",
                                GIVEN({"path", STRING(scratch_path(&loader.scratch, "set"))})));
    ck_assert_msg(strstr(loader.warning, "b/2.jpg is left out: it is too short") != NULL, "%s",
                  loader.warning);
    ck_assert_uint_lt(loader.peak, 1 << 20);
}

TEST(survives_damage_of_a_jpeg) {
    const struct bytes grey = grey_jpeg();
    put("set/a/1.jpg", grey.at, grey.n);
    const char *path = put("set/b/2.jpg", grey.at, grey.n);
    char set[200];
    snprintf(set, sizeof set, "%s", scratch_path(&loader.scratch, "set"));
    loader_damage(&loader, path, 1 << 20, "images",
                  GIVEN({"path", STRING(set)}, {"classes", STRING("ab")}, {"limit", INTEGER(1)}));
}

/* Sets and classes ----------------------------------------------------------------------------- */

/* train/A, train/B and test/B of one picture each. */
static const char *make_sets(void) {
    const struct bytes grey = grey_jpeg();
    put("all/train/A/1.jpg", grey.at, grey.n);
    put("all/train/B/1.jpg", grey.at, grey.n);
    put("all/test/B/1.jpg", grey.at, grey.n);
    put("all/read.me", "", 0);
    return scratch_path(&loader.scratch, "all");
}

TEST(reads_one_of_several_sets) {
    const char *path = make_sets();
    loader_refuse(&loader, SYNRL_INVALID, "of several sets give one, such as part = \"train\"",
                  "images", GIVEN({"path", STRING(path)}));
    struct dataset *dataset =
        loader_load(&loader, "images", GIVEN({"path", STRING(path)}, {"part", STRING("train")}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 2);
    ck_assert_str_eq(dataset_data(dataset)->class_names[0], "A");
    dataset_release(dataset);
    dataset = loader_load(
        &loader, "images",
        GIVEN({"path", STRING(path)}, {"part", STRING("test")}, {"classes", STRING("C,B,A")}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 1);
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 3);
    ck_assert_int_eq(dataset_data(dataset)->labels[0], 1);
    dataset_release(dataset);
    loader_refuse(
        &loader, SYNRL_INVALID, "the folder A is not in classes = \"B,C\"", "images",
        GIVEN({"path", STRING(path)}, {"part", STRING("train")}, {"classes", STRING("B,C")}));
    loader_refuse(&loader, SYNRL_INVALID, "none of 0 PNG or JPEG files is readable", "images",
                  GIVEN({"path", STRING(path)}, {"part", STRING("valid")}));
}

TEST(leaves_nothing_when_memory_runs_out) {
    char path[200];
    snprintf(path, sizeof path, "%s", make_sets());
    loader_short_memory("images", GIVEN({"path", STRING(path)}, {"part", STRING("train")},
                                        {"classes", STRING("A,B,C")}));
}
