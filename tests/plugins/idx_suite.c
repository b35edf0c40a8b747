/* SPDX-License-Identifier: MIT */
/* Data set "idx": files made by hand, damaged files, and the real notMNIST where it is at hand. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "support/loader.h"
#include "support/test.h"

static struct loader loader;

static void setup(void) {
    loader_open(&loader);
}

static void teardown(void) {
    loader_close(&loader);
}

SUITE("idx", .setup = setup, .teardown = teardown);

/* Two pictures of 2 x 3. */
static const unsigned char images[] = {0, 0, 8,  3,  0,  0,  0,  2,  0,   0,   0,   2,   0, 0,
                                       0, 3, 10, 11, 12, 13, 14, 15, 250, 251, 252, 253, 0, 255};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 2, 0};

static const char *gzip_file(const char *name, const void *bytes, size_t n) {
    const char *path = scratch_path(&loader.scratch, name);
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)n), (int)n);
    ck_assert_int_eq(gzclose(file), Z_OK);
    return path;
}

static void check_pictures(const struct dataset *dataset) {
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_samples, 2);
    ck_assert_uint_eq(data->n_inputs, 6);
    ck_assert_uint_eq(data->height, 2);
    ck_assert_uint_eq(data->width, 3);
    ck_assert_uint_eq(data->n_channels, 1);
    ck_assert_int_eq(data->format, SYNRL_INPUT_BYTES);
    ck_assert_float_eq(data->scale, 1.0F / 255.0F);
    ck_assert_mem_eq(data->inputs, images + 16, 12);
    ck_assert_int_eq(data->labels[0], 2);
    ck_assert_int_eq(data->labels[1], 0);
}

TEST(reads_plain_and_packed) {
    const char *plain[] = {loader_file(&loader, "i", images, sizeof images),
                           loader_file(&loader, "l", labels, sizeof labels)};
    struct dataset *dataset = loader_load(
        &loader, "idx", GIVEN({"images", STRING(plain[0])}, {"labels", STRING(plain[1])}));
    check_pictures(dataset);
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 3);
    ck_assert_str_eq(dataset_data(dataset)->class_names[2], "2");
    dataset_release(dataset);

    const char *packed[] = {gzip_file("i.gz", images, sizeof images),
                            gzip_file("l.gz", labels, sizeof labels)};
    dataset = loader_load(&loader, "idx",
                          GIVEN({"images", STRING(packed[0])}, {"labels", STRING(packed[1])},
                                {"classes", STRING("AB\u00c4D")}));
    check_pictures(dataset);
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 4);
    ck_assert_str_eq(dataset_data(dataset)->class_names[1], "B");
    ck_assert_str_eq(dataset_data(dataset)->class_names[2], "\u00c4");
    dataset_release(dataset);
}

TEST(names_classes_by_words) {
    const char *i = loader_file(&loader, "i", images, sizeof images);
    const char *l = loader_file(&loader, "l", labels, sizeof labels);
    struct dataset *dataset = loader_load(
        &loader, "idx",
        GIVEN({"images", STRING(i)}, {"labels", STRING(l)}, {"classes", STRING("ant,bee,crow")}));
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 3);
    ck_assert_str_eq(dataset_data(dataset)->class_names[2], "crow");
    dataset_release(dataset);
    loader_refuse(
        &loader, SYNRL_INVALID,
        "/l: classes = \"ant,bee\" names 2, and there is a label 2: must name 3", "idx",
        GIVEN({"images", STRING(i)}, {"labels", STRING(l)}, {"classes", STRING("ant,bee")}));
}

/* Letters of EMNIST count from 1. */
TEST(labels_may_begin_at_one) {
    const char *i = loader_file(&loader, "i", images, sizeof images);
    const char *l = loader_file(&loader, "l", "\0\0\x08\x01\0\0\0\2\3\1", 10);
    dataset_release(
        loader_load(&loader, "idx", GIVEN({"images", STRING(i)}, {"labels", STRING(l)})));
    ck_assert_ptr_nonnull(strstr(loader.warning, "l: has no label 0: first_label = 1 if they"));
    struct dataset *dataset = loader_load(
        &loader, "idx",
        GIVEN({"images", STRING(i)}, {"labels", STRING(l)}, {"first_label", INTEGER(1)}));
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 3);
    ck_assert_int_eq(dataset_data(dataset)->labels[0], 2);
    ck_assert_str_eq(dataset_data(dataset)->class_names[0], "1");
    dataset_release(dataset);
    dataset = loader_load(&loader, "idx",
                          GIVEN({"images", STRING(i)}, {"labels", STRING(l)},
                                {"first_label", INTEGER(1)}, {"classes", STRING("ABC")}));
    ck_assert_str_eq(dataset_data(dataset)->class_names[2], "C");
    dataset_release(dataset);
    loader_refuse(&loader, SYNRL_INVALID,
                  "l: gives sample 2 the label 1: must be at least first_label = 2", "idx",
                  GIVEN({"images", STRING(i)}, {"labels", STRING(l)}, {"first_label", INTEGER(2)}));
}

TEST(reads_samples_that_are_no_pictures) {
    static const unsigned char rows[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
    const char *i = loader_file(&loader, "i", rows, sizeof rows);
    const char *l = loader_file(&loader, "l", labels, sizeof labels);
    struct dataset *dataset =
        loader_load(&loader, "idx", GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
    ck_assert_uint_eq(dataset_data(dataset)->n_inputs, 3);
    ck_assert_uint_eq(dataset_data(dataset)->height, 0);
    dataset_release(dataset);
}

/* The image file with some bytes replaced, cut at a length or made longer. */
static const struct {
    const char *bytes;
    size_t at, n_bytes, length;
    const char *part;
} wrong_images[] = {
    {"", 0, 0, 0, "i: is not an IDX file: begins with 0 bytes"},
    {"", 0, 0, 3, "begins with 3 bytes"},
    {"PK", 0, 2, 28, "begins with 4 bytes 50 4b 08 03, must be 00 00 08 03"},
    {"\x0d", 2, 1, 28, "IDX of type 0x0d: must be 0x08, bytes"},
    {"\x01", 3, 1, 28, "IDX of 1 dimensions: must be 2 or 3"},
    {"\xff", 3, 1, 28, "IDX of 255 dimensions"},
    {"", 0, 0, 15, "ends within its header"},
    {"", 0, 0, 27, "has 11 bytes of data: its header declares 12"},
    {"", 0, 0, 29, "has data after the 12 bytes"},
    {"\0\0\0\0", 4, 4, 28, "size 1 is 0"},
    {"\x7f\xff\xff\xff", 4, 4, 28, "declares more than limit = 4096 MiB"},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 4, 12, 28, "more than limit = 4096 MiB"},
    {"\x10\0\0\0", 4, 4, 28, "has 12 bytes of data: its header declares 1610612736"},
    {"\0\0\0\1\0\0\0\4", 4, 8, 28, "2 labels for the 1 images of"},
};

TEST_EACH(refuses_wrong_images, COUNT_OF(wrong_images)) {
    unsigned char bytes[32] = {0};
    memcpy(bytes, images, sizeof images);
    memcpy(bytes + wrong_images[_i].at, wrong_images[_i].bytes, wrong_images[_i].n_bytes);
    const char *l = loader_file(&loader, "l", labels, sizeof labels);
    const char *i = loader_file(&loader, "i", bytes, wrong_images[_i].length);
    loader.peak = 0;
    loader_refuse(&loader, SYNRL_INVALID, wrong_images[_i].part, "idx",
                  GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
    ck_assert_uint_lt(loader.peak, 1 << 20);
}

TEST(refuses_wrong_labels) {
    const char *i = loader_file(&loader, "i", images, sizeof images);
    const char *l = loader_file(&loader, "l", "\0\0\x08\x01\0\0\0\3\0\1\2", 11);
    loader_refuse(&loader, SYNRL_INVALID, "l: 3 labels for the 2 images of", "idx",
                  GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
    loader_refuse(&loader, SYNRL_INVALID, "IDX of 3 dimensions: must be 1 for labels", "idx",
                  GIVEN({"images", STRING(i)}, {"labels", STRING(i)}));
    l = loader_file(&loader, "l", "\0\0\x08\x01\0\0\0\2\0\0", 10);
    loader_refuse(&loader, SYNRL_INVALID, "/l: has 1 classes: must be at least 2", "idx",
                  GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
    loader_refuse(&loader, SYNRL_IO, "nowhere: cannot be opened: No such file", "idx",
                  GIVEN({"images", STRING(i)}, {"labels", STRING("nowhere")}));
    loader_refuse(&loader, SYNRL_IO, "Is a directory", "idx",
                  GIVEN({"images", STRING(loader.scratch.folder)}, {"labels", STRING(l)}));
}

TEST(stops_where_a_small_file_unpacks_to_much) {
    /* 64 MiB of zeros pack into 64 KiB; the header declares 10 bytes, or of all of them. */
    enum { N = 64 << 20 };
    unsigned char *zeros = calloc(N, 1);
    ck_assert_ptr_nonnull(zeros);
    memcpy(zeros, "\0\0\x08\x02\0\0\0\x05\0\0\0\2", 12);
    const char *i = gzip_file("i", zeros, N);
    const char *l = loader_file(&loader, "l", labels, sizeof labels);
    loader.peak = 0;
    loader_refuse(&loader, SYNRL_INVALID, "has data after the 10 bytes", "idx",
                  GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
    memcpy(zeros + 4, "\0\x10\0\0\0\0\0\x3f", 8);
    i = gzip_file("i", zeros, N);
    loader_refuse(&loader, SYNRL_INVALID, "more than limit = 1 MiB", "idx",
                  GIVEN({"images", STRING(i)}, {"labels", STRING(l)}, {"limit", INTEGER(1)}));
    ck_assert_uint_lt(loader.peak, 1 << 20);
    free(zeros);
}

TEST(survives_damage) {
    const char *i = loader_file(&loader, "i", images, sizeof images);
    const char *l = gzip_file("l", labels, sizeof labels);
    loader_damage(&loader, i, 1 << 20, "idx", GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
    loader_damage(&loader, l, 1 << 20, "idx", GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
    i = gzip_file("i", images, sizeof images);
    loader_damage(&loader, i, 1 << 20, "idx", GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
}

TEST(leaves_nothing_when_memory_runs_out) {
    const char *i = loader_file(&loader, "i", images, sizeof images);
    const char *l = loader_file(&loader, "l", labels, sizeof labels);
    loader_short_memory("idx", GIVEN({"images", STRING(i)}, {"labels", STRING(l)}));
}

/* The 10,000 real pictures of Bulatov's notMNIST, in the folder `notmnist` of $SYNRL_DATA. */
TEST(reads_the_real_notmnist) {
    const char *folder = getenv("SYNRL_DATA") != NULL ? getenv("SYNRL_DATA") : "../shared/datasets";
    char paths[2][512];
    snprintf(paths[0], sizeof paths[0], "%s/notmnist/images-idx3-ubyte.gz", folder);
    snprintf(paths[1], sizeof paths[1], "%s/notmnist/labels-idx1-ubyte.gz", folder);
    if (access(paths[0], R_OK) != 0) {
        fprintf(stderr, "skipped: the real notMNIST, %s is not there (SYNRL_DATA says where)\n",
                paths[0]);
        return;
    }
    struct dataset *dataset =
        loader_load(&loader, "idx",
                    GIVEN({"images", STRING(paths[0])}, {"labels", STRING(paths[1])},
                          {"classes", STRING("ABCDEFGHIJ")}));
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_samples, 10000);
    ck_assert_uint_eq(data->n_inputs, 784);
    ck_assert_uint_eq(data->height, 28);
    ck_assert_uint_eq(data->n_classes, 10);
    size_t counts[10] = {0};
    uint64_t sum = 0;
    for (size_t s = 0; s < 10000; s++) {
        counts[data->labels[s]]++;
        for (size_t p = 0; p < 784; p++) {
            sum += ((const uint8_t *)data->inputs)[s * 784 + p];
        }
    }
    for (size_t c = 0; c < 10; c++) {
        ck_assert_uint_eq(counts[c], 1000);
    }
    ck_assert_double_eq_tol((double)sum / 7840000.0, 108.8, 0.05);
    dataset_release(dataset);
}
