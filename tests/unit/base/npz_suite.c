/* SPDX-License-Identifier: MIT */
/* Arrays for NumPy, read back by NumPy itself. */
#include "base/npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

SUITE("npz", .setup = setup, .teardown = teardown);

static const float weights[6] = {1.0F, -2.5F, 0x1.fffffep-1F, 1e-45F, -0.0F, 3.4028235e38F};
static const struct npz_array arrays[] = {{"layer1.weight", weights, 2, 3, NULL},
                                          {"layer1.bias", weights + 2, 4, 0, NULL},
                                          {"empty", weights, 0, 0, NULL}};

static synrl_status write_arrays(struct core *scarce) {
    return npz_write(scarce, scratch_path(&scratch, "weights.npz"), 3, arrays);
}

/* Every bit: as integers, since NaN and -0 compare otherwise. */
TEST(numpy_reads_every_bit) {
    char command[2048];
    const char *path = scratch_path(&scratch, "weights.npz");
    ck_assert_int_eq(npz_write(core, path, 3, arrays), SYNRL_OK);
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
    uint32_t bits[6];
    memcpy(bits, weights, sizeof bits);
    snprintf(command, sizeof command,
             "/usr/bin/python3 -c '\n"
             "import numpy\n"
             "z = numpy.load(\"%s\")\n"
             "assert z.files == [\"layer1.weight\", \"layer1.bias\", \"empty\"], z.files\n"
             "w, b = z[\"layer1.weight\"], z[\"layer1.bias\"]\n"
             "assert w.shape == (2, 3) and b.shape == (4,) and z[\"empty\"].shape == (0,)\n"
             "assert w.dtype == numpy.dtype(\"<f4\")\n"
             "bits = [%u, %u, %u, %u, %u, %u]\n"
             "assert w.view(numpy.uint32).ravel().tolist() == bits\n"
             "assert b.view(numpy.uint32).tolist() == bits[2:]\n'",
             path, bits[0], bits[1], bits[2], bits[3], bits[4], bits[5]);
    if (scratch_has_numpy()) {
        ck_assert_int_eq(system(command), 0);
    }
}

TEST(equal_arrays_give_equal_bytes) {
    size_t size, size_again;
    const char *path = scratch_path(&scratch, "weights.npz");
    ck_assert_int_eq(npz_write(core, path, 3, arrays), SYNRL_OK);
    char *bytes = scratch_read(path, &size);
    setenv("TZ", "Asia/Tokyo", 1);
    ck_assert_int_eq(npz_write(core, path, 3, arrays), SYNRL_OK);
    char *again = scratch_read(path, &size_again);
    ck_assert_uint_eq(size, size_again);
    ck_assert_mem_eq(bytes, again, size);
    free(bytes);
    free(again);
}

TEST(a_place_that_cannot_be_written_is_named) {
    scratch_file(&scratch, "file", "");
    const char *path = scratch_path(&scratch, "file/weights.npz");
    char expected[600];
    ck_assert_int_eq(npz_write(core, path, 3, arrays), SYNRL_IO);
    snprintf(expected, sizeof expected, "%s: cannot write it: Not a directory", path);
    ck_assert_str_eq(core->message, expected);
}

TEST(memory_that_runs_out_leaves_nothing) {
    test_short_memory(write_arrays);
    ck_assert_uint_eq(scratch_count(scratch.folder), 1);
}
