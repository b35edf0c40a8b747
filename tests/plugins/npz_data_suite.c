/* SPDX-License-Identifier: MIT */
/* Data set "npz": arrays and archives written by hand from the rules of the formats, by NumPy where
 * it is installed, and damaged. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/loader.h"
#include "support/npz_files.h"
#include "support/test.h"

static struct loader loader;

static void setup(void) {
    loader_open(&loader);
}

static void teardown(void) {
    loader_close(&loader);
}

SUITE("npz_data", .setup = setup, .teardown = teardown);

/* FOLDER/a.npz, of the archive, which is forgotten. */
static const char *close_zip(struct zip *zip) {
    zip_end(zip);
    const char *path = loader_file(&loader, "a.npz", zip->bytes, zip->n);
    zip_free(zip);
    return path;
}

static const char *npz_of(const struct npy *images, const struct npy *labels, bool pack) {
    struct zip zip = {.n = 0};
    zip_add(&zip, "images.npy", images->bytes, images->n, pack);
    zip_add(&zip, "labels.npy", labels->bytes, labels->n, pack);
    return close_zip(&zip);
}

/* Two pictures of 2 x 3 and their labels. */
static const uint8_t pixels[] = {10, 11, 12, 13, 14, 15, 250, 251, 252, 253, 0, 255};
static const int64_t numbers[] = {2, 0};

static struct npy pixels_npy(void) {
    return npy_make(1, "|u1", false, "(2, 2, 3)", pixels, sizeof pixels);
}

static struct npy labels_npy(void) {
    return npy_make(1, "<i8", false, "(2,)", numbers, sizeof numbers);
}

static void check_shape(const synrl_data *data, size_t height, size_t width, size_t n_channels) {
    ck_assert_uint_eq(data->n_samples, 2);
    ck_assert_uint_eq(data->height, height);
    ck_assert_uint_eq(data->width, width);
    ck_assert_uint_eq(data->n_channels, n_channels);
    ck_assert_uint_eq(data->n_inputs, 6);
    ck_assert_int_eq(data->labels[0], 2);
    ck_assert_int_eq(data->labels[1], 0);
    ck_assert_uint_eq(data->n_classes, 3);
}

static void check_bytes(const char *path, size_t height, size_t width, size_t n_channels) {
    struct dataset *dataset = loader_load(&loader, "npz", GIVEN({"path", STRING(path)}));
    const synrl_data *data = dataset_data(dataset);
    check_shape(data, height, width, n_channels);
    ck_assert_int_eq(data->format, SYNRL_INPUT_BYTES);
    ck_assert_float_eq(data->scale, 1.0F / 255.0F);
    ck_assert_mem_eq(data->inputs, pixels, sizeof pixels);
    dataset_release(dataset);
}

TEST_EACH(reads_bytes_of_each_version_and_order, 3) {
    /* In Fortran order the first index runs fastest: [s][y][x] at s + 2 y + 4 x. */
    static const uint8_t fortran[] = {10, 250, 13, 253, 11, 251, 14, 0, 12, 252, 15, 255};
    const struct npy labels = labels_npy();
    const unsigned version = (unsigned)_i + 1;
    struct npy images = npy_make(version, "|u1", false, "(2, 2, 3)", pixels, sizeof pixels);
    check_bytes(npz_of(&images, &labels, false), 2, 3, 1);
    check_bytes(npz_of(&images, &labels, true), 2, 3, 1);
    images = npy_make(version, "|u1", true, "(2, 2, 3)", fortran, sizeof fortran);
    check_bytes(npz_of(&images, &labels, false), 2, 3, 1);
    images = npy_make(version, "<u1", false, "(2L, 6L)", pixels, sizeof pixels);
    check_bytes(npz_of(&images, &labels, false), 0, 0, 0);
    images = npy_make(version, "|u1", false, "(2,1,2,3)", pixels, sizeof pixels);
    check_bytes(npz_of(&images, &labels, false), 1, 2, 3);
}

TEST(reads_a_header_in_any_order) {
    const struct npy labels = labels_npy();
    const struct npy images =
        npy_raw(1, "{\"shape\":(2,2,3),\"descr\":\"|u1\",\"fortran_order\":False}\n", pixels,
                sizeof pixels);
    check_bytes(npz_of(&images, &labels, false), 2, 3, 1);
}

/* The same six numbers a sample in every type; those that cannot be negative hold |x|. */
static const double values[] = {0, 1, -2, 3, 100, -128, 7, 6, 5, 4, -3, 2};

static size_t encode(unsigned char *out, const char *type, double value) {
    const size_t item = (size_t)(type[2] - '0');
    unsigned char bytes[8];
    if (type[1] == 'f' && item == 4) {
        const float number = (float)value;
        memcpy(bytes, &number, 4);
    } else if (type[1] == 'f') {
        memcpy(bytes, &value, 8);
    } else {
        const int64_t number = (int64_t)(type[1] == 'u' ? fabs(value) : value);
        memcpy(bytes, &number, 8);
    }
    for (size_t b = 0; b < item; b++) {
        out[b] = bytes[type[0] == '>' ? item - 1 - b : b];
    }
    return item;
}

static const char *const types[] = {"<f4", ">f4", "<f8", ">f8", "|i1", "<i2", ">i2", "<i4",
                                    ">i4", "<i8", ">i8", "<u2", ">u2", "<u4", ">u8", "=f8"};

TEST_EACH(reads_numbers_of_each_type, COUNT_OF(types)) {
    unsigned char data[12 * 8], label_data[2 * 8];
    size_t n = 0, n_labels = 0;
    for (size_t i = 0; i < 12; i++) {
        n += encode(data + n, types[_i], values[i]);
    }
    for (size_t s = 0; s < 2; s++) {
        n_labels += encode(label_data + n_labels, types[_i], s == 0 ? 2 : 0);
    }
    const struct npy images = npy_make(1, types[_i], false, "(2, 2, 3)", data, n);
    const struct npy labels = npy_make(1, types[_i], false, "(2,)", label_data, n_labels);
    struct dataset *dataset =
        loader_load(&loader, "npz", GIVEN({"path", STRING(npz_of(&images, &labels, false))}));
    check_shape(dataset_data(dataset), 2, 3, 1);
    ck_assert_int_eq(dataset_data(dataset)->format, SYNRL_INPUT_F32);
    for (size_t i = 0; i < 12; i++) {
        const double expected = types[_i][1] == 'u' ? fabs(values[i]) : values[i];
        ck_assert_double_eq((double)((const float *)dataset_data(dataset)->inputs)[i], expected);
    }
    dataset_release(dataset);
}

TEST(takes_arrays_by_name) {
    const struct npy images = pixels_npy(), labels = labels_npy();
    struct zip zip = {.n = 0};
    zip_add(&zip, "y.npy", labels.bytes, labels.n, false);
    zip_add(&zip, "other.npy", "not an array", 12, false);
    zip_add(&zip, "x.npy", images.bytes, images.n, true);
    const char *path = close_zip(&zip);
    struct dataset *dataset =
        loader_load(&loader, "npz",
                    GIVEN({"path", STRING(path)}, {"images", STRING("x")}, {"labels", STRING("y")},
                          {"classes", STRING("ABCD")}));
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 4);
    ck_assert_str_eq(dataset_data(dataset)->class_names[3], "D");
    dataset_release(dataset);
    loader_refuse(&loader, SYNRL_INVALID, "has no array \"images\"; it has y.npy, other.npy, x.npy",
                  "npz", GIVEN({"path", STRING(path)}));
    loader_refuse(
        &loader, SYNRL_INVALID, "array \"other\" is not an .npy file", "npz",
        GIVEN({"path", STRING(path)}, {"images", STRING("other")}, {"labels", STRING("y")}));
}

/* LZMA, number 14, takes the memory that an entry asks for: this one for 3.9 GiB. */
TEST(refuses_what_numpy_does_not_pack_by) {
    const struct npy images = pixels_npy(), labels = labels_npy();
    static const unsigned methods[] = {14, 95, 98};
    for (size_t m = 0; m < COUNT_OF(methods); m++) {
        struct zip zip = {.n = 0};
        zip_add(&zip, "images.npy", images.bytes, images.n, false);
        zip_add(&zip, "labels.npy", labels.bytes, labels.n, false);
        zip.bytes[8] = zip.directory[10] = (unsigned char)methods[m];
        memcpy(zip.bytes + 40, "\x09\x04\x05\0\x5D\0\0\0\xF8", 9);
        loader_refuse(&loader, SYNRL_INVALID, "): must be stored, or packed by deflate", "npz",
                      GIVEN({"path", STRING(close_zip(&zip))}));
    }
}

TEST(refuses_one_array_for_both) {
    const struct npy images = pixels_npy(), labels = labels_npy();
    struct zip zip = {.n = 0};
    zip_add(&zip, "arr_0.npy", images.bytes, images.n, false);
    zip_add(&zip, "y.npy", labels.bytes, labels.n, false);
    loader_refuse(&loader, SYNRL_INVALID,
                  "array \"arr_0\" is given for the images and the labels: must be two", "npz",
                  GIVEN({"path", STRING(close_zip(&zip))}, {"images", STRING("arr_0")},
                        {"labels", STRING("arr_0")}));
}

static const struct {
    unsigned version;
    const char *header;
    size_t n; /* of the 12 bytes of data */
    const char *part;
} wrong_images[] = {
    {4, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 6), }", 12, "version 4.0"},
    {0, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 6), }", 12, "version 0.0"},
    {1, "", 12, "has a malformed header"},
    {1, "{", 12, "has a malformed header"},
    {1, "{}", 12, "has a malformed header"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 6)", 12, "a malformed header"},
    {1, "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (2, 6)}", 12, "a malformed header"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': 12}", 12, "a malformed header"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (-2, 6)}", 12, "a malformed header"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,1,1,1,6)}", 12, "a malformed header"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'colour': 'red'}", 12, "a malformed header"},
    {1, "{'descr': '|u1', 'fortran_order': False}", 12, "a malformed header"},
    {1, "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2, 6)}", 12,
     "a malformed header"},
    {1, "{'descr': '<f3', 'fortran_order': False, 'shape': (2, 2)}", 12, "of type \"<f3\""},
    {1, "{'descr': '|O', 'fortran_order': False, 'shape': (2, 6)}", 12, "of type \"|O\""},
    {1, "{'descr': '|b2', 'fortran_order': False, 'shape': (2, 3)}", 12, "of type \"|b2\""},
    {1, "{'descr': '<u3', 'fortran_order': False, 'shape': (2, 2)}", 12, "of type \"<u3\""},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 7)}", 12,
     "has 12 bytes of data: its shape declares 14"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 5)}", 12,
     "has 11 bytes of data or more: its shape declares 10"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 0)}", 12, "size 2 of 0"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (12,)}", 12, "has 1 sizes: must be 2"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': ()}", 1, "has 0 sizes"},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4)}", 12,
     "2 labels for the 3 samples of \"images\""},
    {1, "{'descr': '|u1', 'fortran_order': False, 'shape': (999999999999, 999999999999)}", 12,
     "more than limit = 4096 MiB"},
    {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 268000000)}", 12,
     "has 12 bytes of data: its shape declares 4288000000"},
};

TEST_EACH(refuses_wrong_images, COUNT_OF(wrong_images)) {
    const struct npy labels = labels_npy();
    const struct npy images =
        npy_raw(wrong_images[_i].version, wrong_images[_i].header, pixels, wrong_images[_i].n);
    const char *path = npz_of(&images, &labels, false);
    loader.peak = 0;
    loader_refuse(&loader, SYNRL_INVALID, wrong_images[_i].part, "npz",
                  GIVEN({"path", STRING(path)}));
    ck_assert_uint_lt(loader.peak, 1 << 20);
}

static void refuse_labels(const struct npy *labels, const char *part) {
    const struct npy images = pixels_npy();
    loader_refuse(&loader, SYNRL_INVALID, part, "npz",
                  GIVEN({"path", STRING(npz_of(&images, labels, false))}));
}

/* What NumPy writes for float16([1, -2, 65504, 2**-24, 2**-14, 0.333251953125]), and for labels
 * that are True and False. */
TEST_EACH(reads_halves_and_booleans, 2) {
    static const uint16_t halves[2][6] = {{0x3C00, 0xC000, 0x7BFF, 0x0001, 0x0400, 0x3555},
                                          {0x003C, 0x00C0, 0xFF7B, 0x0100, 0x0004, 0x5535}};
    static const uint8_t truths[] = {1, 0};
    static const float wanted[] = {1, -2, 65504, 0x1p-24F, 0x1p-14F, 0.333251953125F};
    const struct npy images =
        npy_make(1, _i == 0 ? "<f2" : ">f2", false, "(2, 3)", halves[_i], sizeof halves[_i]);
    const struct npy labels = npy_make(1, "|b1", false, "(2,)", truths, sizeof truths);
    struct dataset *dataset =
        loader_load(&loader, "npz", GIVEN({"path", STRING(npz_of(&images, &labels, false))}));
    const synrl_data *data = dataset_data(dataset);
    ck_assert_mem_eq(data->inputs, wanted, sizeof wanted);
    ck_assert_int_eq(data->labels[0], 1);
    ck_assert_int_eq(data->labels[1], 0);
    ck_assert_uint_eq(data->n_classes, 2);
    dataset_release(dataset);
}

/* NumPy writes 0 and 1, and takes any other byte for true. */
TEST(any_byte_but_zero_is_true) {
    static const uint8_t truths[] = {2, 0, 0, 255, 1, 0};
    static const float wanted[] = {1, 0, 0, 1, 1, 0};
    const struct npy images = npy_make(1, "|b1", false, "(2, 3)", truths, sizeof truths);
    const struct npy labels = npy_make(1, "|b1", false, "(2,)", truths, 2);
    struct dataset *dataset =
        loader_load(&loader, "npz", GIVEN({"path", STRING(npz_of(&images, &labels, false))}));
    const synrl_data *data = dataset_data(dataset);
    ck_assert_mem_eq(data->inputs, wanted, sizeof wanted);
    ck_assert_int_eq(data->labels[0], 1);
    ck_assert_uint_eq(data->n_classes, 2);
    dataset_release(dataset);
}

TEST(refuses_wrong_labels) {
    static const double fraction[] = {0, 0.5}, negative[] = {0, -1}, none[] = {0, (double)NAN};
    static const int64_t equal[2] = {0};
    struct npy labels = npy_make(1, "<f8", false, "(2,)", fraction, 16);
    refuse_labels(&labels, "gives sample 2 the label 0.5: must be a whole number from 0");
    labels = npy_make(1, "<f8", false, "(2,)", negative, 16);
    refuse_labels(&labels, "the label -1");
    labels = npy_make(1, "<f8", false, "(2,)", none, 16);
    refuse_labels(&labels, "the label nan");
    labels = npy_make(1, "<i8", false, "(2, 1, 1)", numbers, 16);
    refuse_labels(&labels, "has 3 sizes: must be 1, or 2 if it is one-hot");
    labels = npy_make(1, "<U1", false, "(2,)", numbers, 8);
    refuse_labels(&labels, "gives sample 2 a label that is empty, or not text");
    labels = npy_make(1, "<U1", false, "(2,)", "\0\xD8\0\0a\0\0", 8); /* half of a pair */
    refuse_labels(&labels, "gives sample 1 a label that is empty, or not text");
    labels = npy_make(1, "<U1", false, "(2,)", "\xFF\xFF\xFF\xFF\0\0\0", 8);
    refuse_labels(&labels, "gives sample 1 a label that is empty, or not text");
    labels = npy_make(1, "|S1", false, "(2,)", "a\xFF", 2);
    refuse_labels(&labels, "gives sample 2 a label that is empty, or not text");
    labels = npy_make(1, "|O", false, "(2,)", numbers, 16);
    refuse_labels(&labels,
                  "is of type \"|O\": must be b1, u1, u2, u4, u8, i1, i2, i4, i8, f2, f4 or "
                  "f8, or words");
    labels = npy_make(1, "|u1", false, "(2, 3)", "\0\1\0\1\0\1", 6);
    refuse_labels(&labels, "is not one-hot in row 2: must be a single 1, and 0 elsewhere");
    labels = npy_make(1, "|u1", false, "(2, 3)", "\0\1\0\0\0\2", 6);
    refuse_labels(&labels, "is not one-hot in row 2");
    labels = npy_make(1, "<i8", false, "(1,)", numbers, 8);
    refuse_labels(&labels, "has 1 labels for the 2 samples");
    labels = npy_make(1, "<i8", false, "(2,)", equal, 16);
    refuse_labels(&labels, ".npz: has 1 classes: must be at least 2");
}

/* The forms that labels come in; of each the numbers of two samples, and the names. */
static const struct {
    const char *type, *shape, *data;
    size_t n;
    int32_t labels[2];
    const char *names;
} label_forms[] = {
    {"<i2", "(2, 1)", "\2\0\0\0", 4, {2, 0}, "0,1,2"},
    {"|i1", "(2,)", "\1\xFF", 2, {1, 0}, "-1,1"},
    {"<f2", "(2, 1)", "\0\xBC\0\x3C", 4, {0, 1}, "-1,1"},
    {"|b1", "(2, 3)", "\0\0\1\1\0\0", 6, {2, 0}, "0,1,2"},
    {"|u1", "(2, 4)", "\0\1\0\0\0\0\1\0", 8, {1, 2}, "0,1,2,3"},
    {"<U2", "(2,)", "b\0\0\0a\0\0\0\xE4\0\0\0\0\0\0\0", 16, {0, 1}, "ba,\xC3\xA4"},
    {">U1", "(2,)", "\0\1\xF4\x1D\0\0\0a", 8, {1, 0}, "a,\xF0\x9F\x90\x9D"},
    {"|S3", "(2,)", "cowox\0", 6, {0, 1}, "cow,ox"},
};

static void check_names(const synrl_data *data, const char *names) {
    char found[80] = "";
    for (size_t c = 0; c < data->n_classes; c++) {
        strcat(strcat(found, c > 0 ? "," : ""), data->class_names[c]);
    }
    ck_assert_str_eq(found, names);
}

TEST_EACH(reads_labels_in_every_form, COUNT_OF(label_forms)) {
    const struct npy images = pixels_npy();
    const struct npy labels = npy_make(1, label_forms[_i].type, false, label_forms[_i].shape,
                                       label_forms[_i].data, label_forms[_i].n);
    struct dataset *dataset =
        loader_load(&loader, "npz", GIVEN({"path", STRING(npz_of(&images, &labels, true))}));
    ck_assert_mem_eq(dataset_data(dataset)->labels, label_forms[_i].labels, 8);
    check_names(dataset_data(dataset), label_forms[_i].names);
    dataset_release(dataset);
}

/* The time does not grow with the square: that of so many words which differ, in those that are
 * equal. */
TEST(as_many_words_as_samples_take_no_time) {
    enum { N = 60000, LENGTH = 8 };
    static char words[N * LENGTH + 1];
    static uint8_t inputs[N];
    double seconds[2];
    for (int differ = 0; differ < 2; differ++) {
        for (size_t s = 0; s < N; s++) {
            snprintf(words + s * LENGTH, LENGTH + 1, "%08zu", differ == 1 ? N - s : s % 2);
        }
        struct zip zip = {.n = 0};
        zip_add_npy(&zip, "images.npy",
                    "{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 1)}", inputs,
                    sizeof inputs);
        zip_add_npy(&zip, "labels.npy",
                    "{'descr': '|S8', 'fortran_order': False, 'shape': (60000,)}", words,
                    N * LENGTH);
        const char *path = close_zip(&zip);
        const clock_t began = clock();
        struct dataset *dataset = loader_load(&loader, "npz", GIVEN({"path", STRING(path)}));
        seconds[differ] = (double)(clock() - began) / CLOCKS_PER_SEC;
        ck_assert_uint_eq(dataset_data(dataset)->n_classes, differ == 1 ? N : 2);
        ck_assert_int_eq(dataset_data(dataset)->labels[1], differ == 1 ? N - 2 : 1);
        dataset_release(dataset);
    }
    ck_assert_double_lt(seconds[1], 30 * (seconds[0] + 0.01));
}

TEST(names_and_numbers_classes_as_asked) {
    static const uint8_t from_one[] = {1, 3};
    const struct npy images = pixels_npy();
    struct npy labels = npy_make(1, "|S1", false, "(2,)", "ca", 2);
    const char *path = npz_of(&images, &labels, false);
    struct dataset *dataset =
        loader_load(&loader, "npz", GIVEN({"path", STRING(path)}, {"classes", STRING("abc")}));
    ck_assert_int_eq(dataset_data(dataset)->labels[0], 2);
    dataset_release(dataset);
    loader_refuse(&loader, SYNRL_INVALID, "the label \"c\", which is not in classes", "npz",
                  GIVEN({"path", STRING(path)}, {"classes", STRING("ab")}));
    labels = npy_make(1, "|u1", false, "(2,)", from_one, 2);
    path = npz_of(&images, &labels, false);
    dataset_release(loader_load(&loader, "npz", GIVEN({"path", STRING(path)})));
    ck_assert_ptr_nonnull(strstr(loader.warning, "has no label 0: first_label = 1 if they count"));
    dataset =
        loader_load(&loader, "npz", GIVEN({"path", STRING(path)}, {"first_label", INTEGER(1)}));
    ck_assert_int_eq(dataset_data(dataset)->labels[1], 2);
    check_names(dataset_data(dataset), "1,2,3");
    dataset_release(dataset);
    loader_refuse(&loader, SYNRL_INVALID, "the label 1: must be a whole number from 2", "npz",
                  GIVEN({"path", STRING(path)}, {"first_label", INTEGER(2)}));
    loader_refuse(&loader, SYNRL_INVALID,
                  "a.npz: classes = \"ab\" names 2, and there is a label 3: must name 4", "npz",
                  GIVEN({"path", STRING(path)}, {"classes", STRING("ab")}));
}

/* Two files whose arrays have the same name, as numpy.savez gives it. */
TEST(reads_labels_from_another_file) {
    const struct npy images = pixels_npy(), labels = labels_npy();
    struct zip zip = {.n = 0};
    zip_add(&zip, "arr_0.npy", labels.bytes, labels.n, false);
    const char *path = close_zip(&zip);
    const char *other = scratch_path(&loader.scratch, "b.npz");
    ck_assert_int_eq(rename(path, other), 0);
    zip_add(&zip, "arr_0.npy", images.bytes, images.n, false);
    struct dataset *dataset =
        loader_load(&loader, "npz",
                    GIVEN({"path", STRING(close_zip(&zip))}, {"labels_path", STRING(other)},
                          {"images", STRING("arr_0")}, {"labels", STRING("arr_0")}));
    check_shape(dataset_data(dataset), 2, 3, 1);
    dataset_release(dataset);
    loader_refuse(
        &loader, SYNRL_INVALID, "b.npz: has no array \"labels\"; it has arr_0.npy", "npz",
        GIVEN({"path", STRING(path)}, {"labels_path", STRING(other)}, {"images", STRING("arr_0")}));
}

TEST(refuses_values_that_are_not_finite) {
    const struct npy labels = labels_npy();
    static const double too_large[] = {0, 1e300};
    const struct npy images = npy_make(1, "<f8", false, "(2, 1)", too_large, 16);
    loader_refuse(&loader, SYNRL_INVALID, "has a value of 1e+300: must be a finite float", "npz",
                  GIVEN({"path", STRING(npz_of(&images, &labels, false))}));
}

TEST(refuses_what_is_not_an_archive) {
    const char *path = loader_file(&loader, "a.npz", "", 0);
    loader_refuse(&loader, SYNRL_INVALID, "a.npz: is not an NPZ file, or damaged", "npz",
                  GIVEN({"path", STRING(path)}));
    path = loader_file(&loader, "a.npz", "\x93NUMPY and so on", 16);
    loader_refuse(&loader, SYNRL_INVALID, "is not an NPZ file, or damaged", "npz",
                  GIVEN({"path", STRING(path)}));
    loader_refuse(&loader, SYNRL_IO, "nowhere.npz: cannot be opened", "npz",
                  GIVEN({"path", STRING("nowhere.npz")}));
    struct zip zip = {.n = 0};
    path = close_zip(&zip);
    loader_refuse(&loader, SYNRL_INVALID, "", "npz", GIVEN({"path", STRING(path)}));
}

TEST(stops_where_a_small_file_unpacks_to_much) {
    enum { N = 64 << 20 };
    unsigned char *bytes = calloc(N, 1);
    ck_assert_ptr_nonnull(bytes);
    const struct npy images = pixels_npy(), labels = labels_npy();
    memcpy(bytes, images.bytes, images.n);
    struct zip zip = {.n = 0};
    zip_add(&zip, "images.npy", bytes, N, true);
    zip_add(&zip, "labels.npy", labels.bytes, labels.n, true);
    const char *path = close_zip(&zip);
    loader.peak = 0;
    loader_refuse(&loader, SYNRL_INVALID, "has 13 bytes of data or more: its shape declares 12",
                  "npz", GIVEN({"path", STRING(path)}));
    memcpy(bytes, "\x93NUMPY\2\0\xff\xff\xff\x7f", 12); /* a header of 2 GiB */
    zip_add(&zip, "images.npy", bytes, N, true);
    zip_add(&zip, "labels.npy", labels.bytes, labels.n, true);
    path = close_zip(&zip);
    loader_refuse(&loader, SYNRL_INVALID, "has a header of 2147483659 bytes: must be at most 65536",
                  "npz", GIVEN({"path", STRING(path)}));
    ck_assert_uint_lt(loader.peak, 1 << 20);
    free(bytes);
}

TEST_EACH(survives_damage, 2) {
    const struct npy images = pixels_npy(), labels = labels_npy();
    const char *path = npz_of(&images, &labels, _i == 1);
    loader_damage(&loader, path, 1 << 20, "npz", GIVEN({"path", STRING(path)}));
}

TEST(leaves_nothing_when_memory_runs_out) {
    const struct npy images = pixels_npy(), labels = labels_npy();
    loader_short_memory("npz", GIVEN({"path", STRING(npz_of(&images, &labels, true))}));
}

TEST(reads_what_numpy_writes) {
    if (!scratch_has_numpy()) {
        return;
    }
    char command[1200];
    const char *path = scratch_path(&loader.scratch, "numpy.npz");
    snprintf(command, sizeof command,
             "/usr/bin/python3 -c \"import numpy as n; "
             "x = n.asfortranarray(n.arange(24, dtype='>f4').reshape(2, 3, 4)); "
             "n.savez('%s', x=x, u=x.astype('u1'), images=x.astype('i8'), labels=n.array([1, 0])); "
             "n.savez_compressed('%s.c.npz', images=n.ascontiguousarray(x), "
             "labels=n.array([1, 0], 'u1'))\"",
             path, path);
    ck_assert_int_eq(system(command), 0);
    static const char *const names[] = {"x", "u", "images", "images"};
    char packed[600];
    snprintf(packed, sizeof packed, "%s.c.npz", path);
    for (size_t a = 0; a < 4; a++) {
        struct dataset *dataset = loader_load(
            &loader, "npz",
            GIVEN({"path", STRING(a == 3 ? packed : path)}, {"images", STRING(names[a])}));
        const synrl_data *data = dataset_data(dataset);
        ck_assert_uint_eq(data->n_inputs, 12);
        for (size_t i = 0; i < 24; i++) {
            const double value = data->format == SYNRL_INPUT_BYTES
                                     ? (double)((const uint8_t *)data->inputs)[i]
                                     : (double)((const float *)data->inputs)[i];
            ck_assert_double_eq(value, (double)i);
        }
        ck_assert_int_eq(data->labels[0], 1);
        ck_assert_int_eq(data->labels[1], 0);
        dataset_release(dataset);
    }
}
