/* SPDX-License-Identifier: MIT */
/* Data sets at work: what is refused, splits, references. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/loader.h"
#include "support/test.h"

static struct loader loader;

static void setup(void) {
    loader_open(&loader);
}

static void teardown(void) {
    loader_close(&loader);
}

SUITE("dataset", .setup = setup, .teardown = teardown);

static struct dataset *points(int64_t samples) {
    return loader_load(&loader, "boundary",
                       GIVEN({"samples", INTEGER(samples)}, {"hidden", INTEGER(3)}));
}

static const struct {
    const char *fault, *part;
} faults[] = {
    {"no samples", "dataset \"wrong_data\": 0 samples of 2 inputs"},
    {"too many inputs", "2 samples of 2147483648 inputs"},
    {"no inputs", "gives no inputs"},
    {"neither labels nor targets",
     "2 classes of 0 targets, and no labels: must be none, or 2 of 1"},
    {"format 3", "the format of its inputs is 3: must be 1, floats, or 2, bytes"},
    {"bytes without a scale", "the scale of its bytes is 0: must be greater than 0"},
    {"one class", "has 1 classes: must be at least 2"},
    {"a label is too large", "the label of sample 2 is 2: must be 0 .. 1"},
    {"a label is negative", "the label of sample 1 is -1: must be 0 .. 1"},
    {"no target values", "targets of 0 values"},
    {"an input is nan", "input 1 of sample 2 is nan: must be finite"},
    {"a target is nan", "target 1 of sample 2 is nan: must be finite"},
    {"a class has no name", "class 1 has no name"},
    {"too wide", "pictures of 2 x 2 x 1 from 2 inputs: must be equal"},
    {"no channels", "pictures of 2 x 1 x 0 from 2 inputs: must be equal"},
    {"no labels of two classes", "2 classes of 2 targets, and no labels"},
    {"size 0", "the size of its data is 0: must be sizeof(synrl_data), 136"},
    {"the size without n_steps", "the size of its data is 104: must be sizeof(synrl_data), 136"},
    {"target values but no targets", "has n_targets = 2, and no targets: must be 0"},
    {"too many samples", "8589934592 samples of 2 inputs: both must be 1 .. 2147483647"},
    {"three steps of two inputs",
     "sequences of 3 steps from 2 inputs: must be a whole number per step"},
    {"format 0", "the format of its inputs is 0: must be 1, floats, or 2, bytes"},
    {"a scale of nan", "the scale of its bytes is nan: must be greater than 0"},
    {"short inputs", "its inputs have 15 bytes: 2 samples of 8 bytes need more"},
    {"an input has no name", "input 2 has no name"},
    {"a sample has no name", "sample 2 has no name"},
    {"few names of inputs", "its input_names have 15 bytes: 2 names need more"},
    {"few numbers of samples", "its sample_numbers have 7 bytes: 2 samples of 4 bytes need more"},
    {"short labels", "its labels have 7 bytes: 2 samples of 4 bytes need more"},
};

TEST_EACH(refuses_wrong_data, COUNT_OF(faults)) {
    dataset_release(loader_load(&loader, "wrong_data", 0, NULL));
    loader_refuse(&loader, SYNRL_INVALID, faults[_i].part, "wrong_data",
                  GIVEN({"fault", STRING(faults[_i].fault)}));
}

TEST(hands_on_the_failure_of_a_plugin) {
    loader_refuse(&loader, SYNRL_IO, "dataset \"wrong_data\": on purpose", "wrong_data",
                  GIVEN({"fault", STRING("it fails")}));
}

/* How often each row of the whole is in a part: counts [n] are added to. */
static void count_rows(const struct dataset *part, size_t *counts) {
    for (size_t s = 0; s < dataset_data(part)->n_samples; s++) {
        counts[dataset_row(part, s)]++;
    }
}

static const struct {
    double fraction;
    size_t n_first; /* of 11 */
} splits[] = {{0.05, 1}, {0.5, 6}, {0.75, 8}, {0.9, 10}, {0.95, 10}};

TEST_EACH(splits_into_exact_parts_without_overlap, COUNT_OF(splits)) {
    struct dataset *whole = points(11), *first, *second;
    ck_assert_int_eq(dataset_split(whole, splits[_i].fraction, 5, &first, &second), SYNRL_OK);
    ck_assert_uint_eq(dataset_data(first)->n_samples, splits[_i].n_first);
    ck_assert_uint_eq(dataset_data(second)->n_samples, 11 - splits[_i].n_first);
    size_t counts[11] = {0};
    count_rows(first, counts);
    count_rows(second, counts);
    for (size_t row = 0; row < 11; row++) {
        ck_assert_uint_eq(counts[row], 1);
    }
    dataset_release(whole); /* the parts keep it */
    ck_assert_ptr_eq(dataset_data(first)->inputs, dataset_data(second)->inputs);
    ck_assert(isfinite(((const float *)dataset_data(first)->inputs)[21]));
    dataset_release(first);
    dataset_release(second);
}

static bool same_rows(const struct dataset *a, const struct dataset *b) {
    for (size_t s = 0; s < dataset_data(a)->n_samples; s++) {
        if (dataset_row(a, s) != dataset_row(b, s)) {
            return false;
        }
    }
    return true;
}

TEST(splits_only_by_its_seed) {
    struct dataset *whole = points(200), *parts[6];
    ck_assert_int_eq(dataset_split(whole, 0.75, 1, &parts[0], &parts[1]), SYNRL_OK);
    ck_assert_int_eq(dataset_split(whole, 0.75, 1, &parts[2], &parts[3]), SYNRL_OK);
    ck_assert_int_eq(dataset_split(whole, 0.75, 2, &parts[4], &parts[5]), SYNRL_OK);
    ck_assert(same_rows(parts[0], parts[2]) && same_rows(parts[1], parts[3]));
    ck_assert(!same_rows(parts[0], parts[4]));
    /* At random: the first part is not simply the first rows. Of 150 draws, 37.5 +- 5.1 are
     * expected among the last 50 rows were each as likely. */
    size_t n_late = 0;
    for (size_t s = 0; s < 150; s++) {
        n_late += dataset_row(parts[0], s) >= 150;
    }
    ck_assert_uint_ge(n_late, 20);
    ck_assert_uint_le(n_late, 50);
    for (size_t p = 0; p < 6; p++) {
        dataset_release(parts[p]);
    }
    dataset_release(whole);
}

TEST(splits_a_part_again) {
    struct dataset *whole = points(20), *first, *second, *third, *fourth;
    ck_assert_int_eq(dataset_split(whole, 0.5, 1, &first, &second), SYNRL_OK);
    ck_assert_int_eq(dataset_split(second, 0.3, 2, &third, &fourth), SYNRL_OK);
    size_t counts[20] = {0};
    count_rows(first, counts);
    count_rows(third, counts);
    count_rows(fourth, counts);
    for (size_t row = 0; row < 20; row++) {
        ck_assert_uint_eq(counts[row], 1);
    }
    json_t *json = dataset_json(fourth);
    const char *part;
    double fraction, outer;
    int samples;
    ck_assert_int_eq(json_unpack(json, "{s:i, s:{s:f, s:s, s:{s:f}}}", "samples", &samples, "split",
                                 "fraction", &fraction, "part", &part, "of", "fraction", &outer),
                     0);
    ck_assert_int_eq(samples, 7);
    ck_assert_double_eq(fraction, 0.3);
    ck_assert_double_eq(outer, 0.5);
    ck_assert_str_eq(part, "rest");
    json_decref(json);
    dataset_release(first);
    dataset_release(second);
    dataset_release(whole);
    ck_assert_uint_eq(dataset_data(third)->n_samples, 3);
    dataset_release(third);
    dataset_release(fourth);
}

static const double bad_fractions[] = {0.0, 1.0, 0.04, 0.96, -0.5, 1.5, (double)NAN, 1e300};

TEST_EACH(refuses_an_empty_part, COUNT_OF(bad_fractions)) {
    struct dataset *whole = points(10), *first, *second;
    const synrl_status status = dataset_split(whole, bad_fractions[_i], 1, &first, &second);
    test_failure(loader.core, SYNRL_INVALID, status, "both parts must have at least one");
    ck_assert_ptr_null(first);
    ck_assert_ptr_null(second);
    dataset_release(whole);
}

static synrl_status attempt(struct core *core) {
    struct component *component = NULL;
    struct dataset *whole = NULL, *first = NULL, *second = NULL;
    synrl_status status =
        component_create_default(core, SYNRL_KIND_DATASET, "boundary", &component);
    status = status != SYNRL_OK ? status : dataset_create(core, component, &whole);
    status = status != SYNRL_OK ? status : dataset_split(whole, 0.5, 1, &first, &second);
    dataset_release(first);
    dataset_release(second);
    dataset_release(whole);
    component_release(component);
    return status;
}

TEST(leaves_nothing_when_memory_runs_out) {
    test_short_memory(attempt);
}
