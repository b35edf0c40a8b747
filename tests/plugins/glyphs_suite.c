/* SPDX-License-Identifier: MIT */
/* Data set "glyphs", and the rendering of it that ships. Fonts are those of the machine; where
 * there are none, the tests that need one say so. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/loader.h"
#include "support/test.h"

enum { SIDE = 28, N_PIXELS = SIDE * SIDE };

static struct loader loader;

static void setup(void) {
    loader_open(&loader);
}

static void teardown(void) {
    loader_close(&loader);
}

SUITE("glyphs", .setup = setup, .teardown = teardown);

/* DejaVu Sans, which gnuplot's packages bring along; copied, so that it is the only font. */
static bool has_font(void) {
    static const char dejavu[] = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
    if (access(dejavu, R_OK) != 0) {
        fprintf(stderr, "skipped: glyphs, %s is not there\n", dejavu);
        return false;
    }
    size_t size;
    char *bytes = scratch_read(dejavu, &size);
    loader_file(&loader, "sans.ttf", bytes, size);
    free(bytes);
    return true;
}

static const uint8_t *picture(const struct dataset *dataset, size_t sample) {
    return (const uint8_t *)dataset_data(dataset)->inputs + sample * N_PIXELS;
}

static void check_distinct(const struct dataset *dataset) {
    const size_t n = dataset_data(dataset)->n_samples;
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < a; b++) {
            ck_assert(memcmp(picture(dataset, a), picture(dataset, b), N_PIXELS) != 0);
        }
    }
}

TEST(draws_each_letter_of_a_font_once) {
    if (!has_font()) {
        return;
    }
    struct dataset *dataset =
        loader_load(&loader, "glyphs", GIVEN({"folder", STRING(loader.scratch.folder)}));
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_samples, 10);
    ck_assert_uint_eq(data->n_inputs, N_PIXELS);
    ck_assert_uint_eq(data->height, SIDE);
    ck_assert_str_eq(data->class_names[9], "J");
    for (size_t s = 0; s < 10; s++) {
        ck_assert_int_eq(data->labels[s], (int32_t)s);
        const uint8_t *pixels = picture(dataset, s);
        bool top = false, bottom = false, left = false, right = false; /* touched */
        for (size_t i = 0; i < SIDE; i++) {
            top |= pixels[i] > 0;
            bottom |= pixels[N_PIXELS - 1 - i] > 0;
            left |= pixels[i * SIDE] > 0;
            right |= pixels[i * SIDE + SIDE - 1] > 0;
        }
        ck_assert(top && bottom && left && right);
    }
    /* What the letters must look like: an upright I is one bar and so fills the square; an H has
     * a black middle at the top, a white bar across, and white feet; an E is white on its left. */
    for (size_t p = 0; p < N_PIXELS; p++) {
        ck_assert_uint_ge(picture(dataset, 8)[p], 250);
    }
    const uint8_t *h = picture(dataset, 7), *e = picture(dataset, 4);
    ck_assert_uint_eq(h[2 * SIDE + 14], 0);
    ck_assert_uint_eq(h[25 * SIDE + 14], 0);
    ck_assert_uint_eq(h[2 * SIDE + 1], 255);
    ck_assert_uint_eq(h[25 * SIDE + 26], 255);
    ck_assert_uint_ge(h[13 * SIDE + 14] + h[12 * SIDE + 14], 255);
    ck_assert_uint_eq(e[7 * SIDE + 1], 255);
    ck_assert_uint_eq(e[7 * SIDE + 24], 0);
    dataset_release(dataset);
}

TEST(leaves_out_what_a_font_lacks) {
    if (!has_font()) {
        return;
    }
    /* U+4E00 is a Chinese character, which DejaVu has not; a space is blank. */
    struct dataset *dataset = loader_load(
        &loader, "glyphs",
        GIVEN({"folder", STRING(loader.scratch.folder)}, {"letters", STRING("A\u4e00 B")}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 2);
    ck_assert_int_eq(dataset_data(dataset)->labels[1], 3);
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 4);
    dataset_release(dataset);
    loader_refuse(
        &loader, SYNRL_INVALID, "no font in", "glyphs",
        GIVEN({"folder", STRING(loader.scratch.folder)}, {"letters", STRING("\u4e00\u4e01")}));
}

TEST(drops_a_font_that_is_there_twice) {
    if (!has_font()) {
        return;
    }
    size_t size;
    char *bytes = scratch_read(scratch_path(&loader.scratch, "sans.ttf"), &size);
    loader_file(&loader, "again.ttf", bytes, size);
    loader_file(&loader, "broken.ttf", bytes, 100);
    loader_file(&loader, "no_font.txt", bytes, size);
    free(bytes);
    struct dataset *dataset =
        loader_load(&loader, "glyphs", GIVEN({"folder", STRING(loader.scratch.folder)}));
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 10);
    ck_assert_uint_eq(loader.n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(loader.warning, "broken.ttf is left out: it is not a font"));
    dataset_release(dataset);
}

TEST(reaches_the_number_of_samples_by_jitter) {
    if (!has_font()) {
        return;
    }
    struct dataset *made[3];
    for (int64_t d = 0; d < 3; d++) {
        made[d] =
            loader_load(&loader, "glyphs",
                        GIVEN({"folder", STRING(loader.scratch.folder)}, {"samples", INTEGER(57)},
                              {"jitter", NUMBER(1)}, {"seed", INTEGER(d == 2 ? 2 : 1)}));
        ck_assert_uint_eq(dataset_data(made[d])->n_samples, 57);
        check_distinct(made[d]);
    }
    ck_assert_mem_eq(picture(made[0], 0), picture(made[1], 0), 57 * N_PIXELS);
    ck_assert_mem_eq(picture(made[0], 0), picture(made[2], 0), 10 * N_PIXELS); /* as they are */
    ck_assert_mem_ne(picture(made[0], 10), picture(made[2], 10), 47 * N_PIXELS);
    for (size_t d = 0; d < 3; d++) {
        dataset_release(made[d]);
    }
    made[0] =
        loader_load(&loader, "glyphs",
                    GIVEN({"folder", STRING(loader.scratch.folder)}, {"samples", INTEGER(7)}));
    ck_assert_uint_eq(dataset_data(made[0])->n_samples, 7);
    dataset_release(made[0]);
    loader_refuse(&loader, SYNRL_INVALID, "give 10 distinct samples, and samples = 11", "glyphs",
                  GIVEN({"folder", STRING(loader.scratch.folder)}, {"samples", INTEGER(11)}));
}

static const char *const bad_letters[] = {"", "A", "AA", "AB,"};

TEST_EACH(refuses_letters, COUNT_OF(bad_letters)) {
    loader_refuse(
        &loader, SYNRL_INVALID, "must be 2 to 1000 different characters", "glyphs",
        GIVEN({"folder", STRING(loader.scratch.folder)}, {"letters", STRING(bad_letters[_i])}));
}

TEST(refuses_a_folder_without_fonts) {
    loader_refuse(&loader, SYNRL_INVALID, "(0 font files)", "glyphs",
                  GIVEN({"folder", STRING(loader.scratch.folder)}));
    loader_refuse(&loader, SYNRL_IO, "nowhere: cannot be opened: No such file", "glyphs",
                  GIVEN({"folder", STRING("nowhere")}));
}

static int compare_pictures(const void *a, const void *b) {
    return memcmp(*(const uint8_t *const *)a, *(const uint8_t *const *)b, N_PIXELS);
}

TEST(ships_distinct_letters) {
    struct dataset *dataset =
        loader_load(&loader, "idx",
                    GIVEN({"images", STRING("datasets/glyphs/images-idx3-ubyte.gz")},
                          {"labels", STRING("datasets/glyphs/labels-idx1-ubyte.gz")},
                          {"classes", STRING("ABCDEFGHIJ")}));
    const size_t n = dataset_data(dataset)->n_samples;
    size_t counts[10] = {0};
    ck_assert_uint_eq(n, 18720);
    ck_assert_uint_eq(dataset_data(dataset)->height, SIDE);
    const uint8_t **pictures = malloc(n * sizeof *pictures);
    ck_assert_ptr_nonnull(pictures);
    for (size_t s = 0; s < n; s++) {
        pictures[s] = picture(dataset, s);
        counts[dataset_data(dataset)->labels[s]]++;
    }
    qsort(pictures, n, sizeof *pictures, compare_pictures);
    for (size_t s = 1; s < n; s++) {
        ck_assert(compare_pictures(&pictures[s - 1], &pictures[s]) != 0);
    }
    for (size_t c = 0; c < 10; c++) {
        ck_assert_uint_ge(counts[c], 1700);
        ck_assert_uint_le(counts[c], 1950);
    }
    free(pictures);
    dataset_release(dataset);
}
