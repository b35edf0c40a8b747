/* SPDX-License-Identifier: MIT */
/* Named weights in files: safetensors made by hand from its description, files written and read
 * back, and what is refused. What NumPy writes is read in tests/program/weights.sh. */
#include "base/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/npz.h"
#include "plugin/host.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;
static struct scratch scratch;

static void setup(void) {
    core = core_create(&(struct core_options){.n_threads = 1});
    ck_assert_ptr_nonnull(core);
    scratch_make(&scratch);
}

static void teardown(void) {
    scratch_remove(&scratch);
    core_destroy(core);
}

SUITE("tensors", .setup = setup, .teardown = teardown);

/* A file of this header, with blanks for the zeros that a text cannot hold, and these bytes. */
static const char *file_of(const char *header, const void *data, size_t n) {
    const char *path = scratch_path(&scratch, "w.safetensors");
    const uint64_t length = strlen(header);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fwrite(&length, sizeof length, 1, file);
    fwrite(header, 1, length, file);
    fwrite(data, 1, n, file);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

TEST(reads_floats_of_every_width) {
    /* 1, -2 and 0.5 as F16, BF16, F32 and F64. */
    static const uint8_t data[] = {
        0x00, 0x3C, 0x00, 0xC0, 0x00, 0x38, 0x80, 0x3F, 0x00, 0xC0, 0x00, 0x3F, 0, 0, 0x80, 0x3F,
        0,    0,    0,    0xC0, 0,    0,    0,    0x3F, 0,    0,    0,    0,    0, 0, 0xF0, 0x3F,
        0,    0,    0,    0,    0,    0,    0,    0xC0, 0,    0,    0,    0,    0, 0, 0xE0, 0x3F};
    struct tensors tensors;
    const char *path = file_of(
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"a\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
        "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,3],\"data_offsets\":[6,12]},"
        "\"c\":{\"dtype\":\"F32\",\"shape\":[3,1],\"data_offsets\":[12,24]},"
        "\"d\":{\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[24,48]}}",
        data, sizeof data);
    ck_assert_int_eq(tensors_read(core, path, &tensors), SYNRL_OK);
    ck_assert_uint_eq(tensors.n, 4);
    ck_assert_uint_eq(tensors.n_values, 12);
    for (size_t t = 0; t < 4; t++) {
        const float *values = tensors.values + tensors.items[t].first;
        ck_assert_float_eq(values[0], 1.0F);
        ck_assert_float_eq(values[1], -2.0F);
        ck_assert_float_eq(values[2], 0.5F);
    }
    ck_assert_uint_eq(tensors_find(&tensors, "a")->n_columns, 0);
    ck_assert_uint_eq(tensors_find(&tensors, "b")->n_columns, 3);
    ck_assert_uint_eq(tensors_find(&tensors, "c")->n_rows, 3);
    tensors_free(core, &tensors);
}

static float values[8] = {1.0F, -2.5F, 0x1.fffffep-1F, 1e-45F, -0.0F, 3.4028235e38F, 7.0F, 8.0F};
static struct tensor items[] = {{"layer1.weight", 0, 2, 3}, {"layer1.bias", 6, 2, 0}};
static const struct tensors written = {2, 8, items, values, NULL};

TEST_EACH(reads_what_it_wrote_bit_for_bit, 2) {
    static const char *const names[] = {"w.npz", "w.safetensors"};
    struct tensors tensors;
    const char *path = scratch_path(&scratch, names[_i]);
    ck_assert_int_eq(tensors_write(core, path, &written, false), SYNRL_OK);
    ck_assert_int_eq(tensors_read(core, path, &tensors), SYNRL_OK);
    ck_assert_uint_eq(tensors.n, 2);
    ck_assert_mem_eq(tensors.values, values, sizeof values);
    for (size_t t = 0; t < 2; t++) {
        ck_assert_str_eq(tensors.items[t].name, items[t].name);
        ck_assert_uint_eq(tensors.items[t].first, items[t].first);
        ck_assert_uint_eq(tensors.items[t].n_rows, items[t].n_rows);
        ck_assert_uint_eq(tensors.items[t].n_columns, items[t].n_columns);
    }
    tensors_free(core, &tensors);
}

TEST(other_endings_are_refused) {
    test_failure(core, SYNRL_INVALID,
                 tensors_write(core, scratch_path(&scratch, "w.pt"), &written, false),
                 "must end with .npz or .safetensors");
}

/* A header, how many bytes of zeros follow, and what is said. */
static const struct {
    const char *header;
    size_t n;
    const char *wanted;
} wrong[] = {
    {"{", 8, "its header is no JSON object"},
    {"{} []", 8, "its header is no JSON object"},
    {"{\"a\":3}", 8, "tensor \"a\" has no dtype, shape and data_offsets"},
    {"{\"a\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8,
     "is of type I64: must be F16, BF16, F32 or F64"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,12]}}", 8,
     "that lie within the file"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8,
     "that lie within the file"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8,
     "that lie within the file"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8,
     "has 8 bytes of data, which are not what its shape says"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", 8,
     "which are not what its shape says"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,2],\"data_offsets\":[0,8]}}", 8,
     "has 3 sizes: must be 1, of a vector, or 2"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 8, "has 0 sizes"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}", 8, "is empty"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 8, "is empty"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
     8, "its header is no JSON object"},
    {"{\"0123456789012345678901234567890123456789012345678901234567890123\":"
     "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
     8, "has a name of 64 bytes: must be at most 63"},
};

TEST_EACH(refuses_wrong_headers, COUNT_OF(wrong)) {
    static const uint8_t zeros[16];
    struct tensors tensors;
    test_failure(core, SYNRL_INVALID,
                 tensors_read(core, file_of(wrong[_i].header, zeros, wrong[_i].n), &tensors),
                 wrong[_i].wanted);
    ck_assert_ptr_null(tensors.values);
}

TEST(refuses_a_header_longer_than_the_file) {
    struct tensors tensors;
    const char *path = scratch_path(&scratch, "w.safetensors");
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fwrite("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 1, 10, file);
    ck_assert_int_eq(fclose(file), 0);
    test_failure(core, SYNRL_INVALID, tensors_read(core, path, &tensors),
                 "its header is longer than it");
}

TEST(refuses_what_is_not_finite) {
    static const uint32_t data[] = {0x3F800000, 0x7F800000};
    struct tensors tensors;
    test_failure(
        core, SYNRL_INVALID,
        tensors_read(core,
                     file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                             data, sizeof data),
                     &tensors),
        "tensor \"a\" has a value of inf: must be a finite float");
}

TEST(refuses_what_is_neither) {
    struct tensors tensors;
    test_failure(core, SYNRL_INVALID,
                 tensors_read(core, scratch_file(&scratch, "x", "layer1.weight\n1\n"), &tensors),
                 "is neither an NPZ nor a safetensors file");
    test_failure(core, SYNRL_INVALID,
                 tensors_read(core, scratch_file(&scratch, "x", "PK\3\4 and no more"), &tensors),
                 "is not an NPZ file, or damaged");
}

/* Every byte of a small file changed, one at a time: the same weights, others, or a refusal. */
TEST(no_changed_byte_does_harm) {
    size_t size, n_read = 0;
    const char *path = scratch_path(&scratch, "w.npz");
    ck_assert_int_eq(tensors_write(core, path, &written, false), SYNRL_OK);
    char *bytes = scratch_read(path, &size);
    for (size_t i = 0; i < size; i++) {
        struct tensors tensors;
        bytes[i] = (char)(bytes[i] ^ (char)(1 << i % 8));
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        fwrite(bytes, 1, size, file);
        ck_assert_int_eq(fclose(file), 0);
        bytes[i] = (char)(bytes[i] ^ (char)(1 << i % 8));
        if (tensors_read(core, path, &tensors) == SYNRL_OK) {
            n_read++;
            ck_assert_uint_le(tensors.n_values, 8);
            for (size_t v = 0; v < tensors.n_values; v++) {
                ck_assert_float_finite(tensors.values[v]);
            }
            tensors_free(core, &tensors);
        }
    }
    free(bytes);
    ck_assert_uint_lt(n_read, size / 2);
}

static synrl_status read_written(struct core *scarce) {
    struct tensors tensors;
    const synrl_status status =
        tensors_read(scarce, scratch_path(&scratch, "w.safetensors"), &tensors);
    if (status == SYNRL_OK) {
        tensors_free(scarce, &tensors);
    }
    return status;
}

TEST(short_memory_leaves_nothing) {
    ck_assert_int_eq(tensors_write(core, scratch_path(&scratch, "w.safetensors"), &written, false),
                     SYNRL_OK);
    test_short_memory(read_written);
}
