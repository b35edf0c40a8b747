/* SPDX-License-Identifier: MIT */
/* Classes by name: the labels of one data set by the numbers of another. */
#include "train/classes.h"

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

SUITE("class_names", .setup = setup, .teardown = teardown);

static struct dataset *load(const char *text) {
    return loader_load(&loader, "csv",
                       GIVEN({"path", STRING(loader_file(&loader, "t.csv", text, strlen(text)))},
                             {"label", STRING("2")}));
}

static struct dataset *match(struct dataset *trained, struct dataset *data, synrl_status expected) {
    struct classes classes;
    struct dataset *matched;
    ck_assert_int_eq(classes_of(trained, &classes), SYNRL_OK);
    ck_assert_int_eq(classes_match(&classes, data, &matched), expected);
    classes_free(loader.core, &classes);
    return matched;
}

/* The label of a sample, as the network sees it. */
static int label(const struct dataset *dataset, size_t sample) {
    return dataset_data(dataset)->labels[dataset_row(dataset, sample)];
}

TEST(labels_follow_the_names) {
    struct dataset *trained = load("1,ant\n2,bee\n3,cow\n4,dog\n"); /* 0 1 2 3 */
    struct dataset *data = load("5,dog\n6,bee\n7,dog\n");           /* 1 0 1 */
    struct dataset *matched = match(trained, data, SYNRL_OK);
    dataset_release(trained);
    ck_assert_uint_eq(dataset_data(matched)->n_classes, 4);
    ck_assert_str_eq(dataset_data(matched)->class_names[2], "cow");
    ck_assert_int_eq(label(matched, 0), 3);
    ck_assert_int_eq(label(matched, 1), 1);
    ck_assert_int_eq(label(matched, 2), 3);
    ck_assert_int_eq(label(data, 0), 1); /* that one is as it was */
    json_t *json = dataset_json(data), *matched_json = dataset_json(matched);
    ck_assert_int_eq(json_equal(json, matched_json), 1);
    json_decref(json);
    json_decref(matched_json);
    dataset_release(data);
    dataset_release(matched);
}

TEST(equal_names_change_nothing) {
    struct dataset *trained = load("1,ant\n2,bee\n"), *data = load("3,bee\n4,ant\n");
    struct dataset *matched = match(trained, data, SYNRL_OK);
    ck_assert_ptr_eq(matched, data);
    dataset_release(matched);
    dataset_release(data);
    data = loader_load(&loader, "boundary", GIVEN({"samples", INTEGER(5)})); /* has no names */
    matched = match(trained, data, SYNRL_OK);
    ck_assert_ptr_eq(matched, data);
    dataset_release(matched);
    matched = match(data, trained, SYNRL_OK);
    ck_assert_ptr_eq(matched, trained);
    dataset_release(matched);
    dataset_release(data);
    dataset_release(trained);
}

TEST(an_unknown_class_is_refused_by_name) {
    struct dataset *trained = load("1,bee\n2,ant\n3,1\n"), *data = load("1,bee\n2,01\n");
    ck_assert_ptr_null(match(trained, data, SYNRL_INVALID));
    ck_assert_str_eq(
        loader.core->message,
        "dataset \"csv\" has the class \"01\", which the training data lacks: 1, ant, bee");
    dataset_release(trained);
    dataset_release(data);
}

/* A part of a data set has rows of the whole, and a part of a part too. */
TEST(parts_are_matched) {
    struct dataset *trained = load("1,a\n2,b\n3,c\n"), *first, *rest, *inner, *other;
    struct dataset *data = load("0,b\n1,c\n2,b\n3,c\n4,b\n5,c\n6,b\n7,c\n");
    ck_assert_int_eq(dataset_split(data, 0.75, 1, &first, &rest), SYNRL_OK);
    ck_assert_int_eq(dataset_split(first, 0.5, 2, &inner, &other), SYNRL_OK);
    struct dataset *parts[] = {rest, inner, other};
    for (size_t p = 0; p < COUNT_OF(parts); p++) {
        struct dataset *matched = match(trained, parts[p], SYNRL_OK);
        const size_t n = dataset_data(parts[p])->n_samples;
        ck_assert_uint_eq(dataset_data(matched)->n_samples, n);
        for (size_t s = 0; s < n; s++) {
            ck_assert_uint_eq(dataset_row(matched, s), dataset_row(parts[p], s));
            ck_assert_int_eq(label(matched, s), label(parts[p], s) + 1);
        }
        dataset_release(matched);
    }
    for (size_t p = 0; p < COUNT_OF(parts); p++) {
        dataset_release(parts[p]);
    }
    dataset_release(first);
    dataset_release(data);
    dataset_release(trained);
}
