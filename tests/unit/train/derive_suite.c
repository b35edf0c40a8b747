/* SPDX-License-Identifier: MIT */
/* Data sets from data sets, where memory is short and in the ways that scripts cannot reach; what
 * they contain is tested in tests/lua/data.lua. */
#include "train/derive.h"

#include <math.h>
#include <string.h>

#include "support/loader.h"
#include "support/test.h"
#include "train/dataset_private.h"

static struct loader loader;

static void setup(void) {
    loader_open(&loader);
}

static void teardown(void) {
    loader_close(&loader);
}

SUITE("derive", .setup = setup, .teardown = teardown);

static const float inputs[] = {1, 2, 3, 4, 5, 6};
static const int32_t labels[] = {0, 1, 0};
static const char *const names[] = {"a", "b"};
static const synrl_data values = {.size = sizeof values,
                                  .n_samples = 3,
                                  .n_inputs = 2,
                                  .format = SYNRL_INPUT_F32,
                                  .inputs = inputs,
                                  .labels = labels,
                                  .targets = inputs,
                                  .n_targets = 2,
                                  .n_classes = 2,
                                  .class_names = names};

/* Each way once, and what they say of themselves. */
static synrl_status derive_all(struct core *core, struct dataset **made) {
    static const uint32_t places[] = {2, 0};
    static const char *const others[] = {"b", "c", "a"};
    static const double centre = 1, scale = 2;
    SYNRL_TRY(dataset_of_values(core, &values, &made[0]));
    SYNRL_TRY(dataset_subset(made[0], places, 2, &made[1]));
    SYNRL_TRY(dataset_shuffle(made[1], 4, &made[2]));
    SYNRL_TRY(dataset_fold(made[0], 3, 1, 1, &made[3], &made[4]));
    SYNRL_TRY(dataset_concat(made[3], made[4], &made[5]));
    SYNRL_TRY(dataset_with_classes(made[5], 3, others, false, &made[6]));
    SYNRL_TRY(dataset_normalise(made[6], &(struct normalisation){1, &centre, &scale}, &made[7]));
    SYNRL_TRY(dataset_split(made[7], 0.5, 1, &made[8], &made[9]));
    SYNRL_TRY(dataset_autoencode(made[9], &made[10]));
    json_t *json = dataset_json(made[10]);
    json_decref(json);
    return json != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static synrl_status attempt(struct core *core) {
    struct dataset *made[11] = {NULL};
    const synrl_status status = derive_all(core, made);
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        dataset_release(made[i]);
    }
    return status;
}

TEST(leaves_nothing_when_memory_runs_out) {
    test_short_memory(attempt);
}

/* The whole way is in the description, the last step outermost. */
TEST(says_how_it_came_about) {
    struct dataset *made[11] = {NULL};
    const char *by, *concat, *fold, *classes;
    ck_assert_int_eq(derive_all(loader.core, made), SYNRL_OK);
    json_t *json = dataset_json(made[9]);
    ck_assert_int_eq(json_unpack(json, "{s:{s:s, s:{s:s, s:{s:s, s:{s:s, s:{s:s}}}}}}", "split",
                                 "part", &by, "of", "by", &by, "of", "by", &classes, "of", "by",
                                 &concat, "of", "part", &fold),
                     0);
    ck_assert_str_eq(by, "normalise");
    ck_assert_str_eq(classes, "classes");
    ck_assert_str_eq(concat, "concat");
    ck_assert_str_eq(fold, "train");
    json_decref(json);
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        dataset_release(made[i]);
    }
}

/* Bytes as they count, in the order of the subset; nothing of labels or classes is left. */
TEST(autoencoding_makes_targets_of_inputs) {
    static const uint8_t bytes[] = {0, 255, 51, 102, 1, 3};
    static const uint32_t places[] = {2, 0};
    static const float targets[] = {1.0F / 4, 3.0F / 4, 0, 255.0F / 4};
    struct dataset *data, *subset, *made;
    synrl_data given = values;
    given.format = SYNRL_INPUT_BYTES;
    given.inputs = bytes;
    given.scale = 0.25F;
    ck_assert_int_eq(dataset_of_values(loader.core, &given, &data), SYNRL_OK);
    ck_assert_int_eq(dataset_subset(data, places, 2, &subset), SYNRL_OK);
    ck_assert_int_eq(dataset_autoencode(subset, &made), SYNRL_OK);
    const synrl_data *found = dataset_data(made);
    ck_assert_int_eq(found->format, SYNRL_INPUT_BYTES);
    ck_assert_mem_eq(found->inputs, ((const uint8_t[]){1, 3, 0, 255}), 4);
    ck_assert_uint_eq(found->n_targets, 2);
    ck_assert_mem_eq(found->targets, targets, sizeof targets);
    ck_assert(found->labels == NULL && found->class_names == NULL && found->n_classes == 0);
    ck_assert_ptr_nonnull(dataset_data(data)->labels);
    ck_assert_int_eq(dataset_check(made), SYNRL_OK);
    json_t *json = dataset_json(made);
    const json_t *derived = json_object_get(json, "derived");
    ck_assert_str_eq(json_string_value(json_object_get(derived, "by")), "autoencode");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(derived, "of"), "by")),
                     "subset");
    json_decref(json);
    dataset_release(made);
    dataset_release(subset);
    dataset_release(data);
}

/* What is given is copied. */
TEST(values_are_copied_and_checked) {
    float mine[6];
    struct dataset *dataset;
    synrl_data given = values;
    memcpy(mine, inputs, sizeof mine);
    given.inputs = mine;
    ck_assert_int_eq(dataset_of_values(loader.core, &given, &dataset), SYNRL_OK);
    memset(mine, 0, sizeof mine);
    ck_assert_mem_eq(dataset_data(dataset)->inputs, inputs, sizeof inputs);
    dataset_release(dataset);
    mine[4] = (float)NAN;
    test_failure(loader.core, SYNRL_INVALID, dataset_of_values(loader.core, &given, &dataset),
                 "dataset \"data\": input 1 of sample 3 is nan: must be finite");
    ck_assert_ptr_null(dataset);
}

/* Classes without names are called by their numbers, from 0. */
TEST(numbers_are_names_of_classes_that_have_none) {
    static const char *const numbers[] = {"1", "0"};
    struct dataset *data, *made;
    synrl_data given = values;
    given.class_names = NULL;
    ck_assert_int_eq(dataset_of_values(loader.core, &given, &data), SYNRL_OK);
    ck_assert_int_eq(dataset_with_classes(data, 2, numbers, false, &made), SYNRL_OK);
    ck_assert_int_eq(dataset_data(made)->labels[0], 1);
    ck_assert_int_eq(dataset_data(made)->labels[1], 0);
    dataset_release(made);
    dataset_release(data);
}
