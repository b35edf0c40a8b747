/* SPDX-License-Identifier: MIT */
/* Data set "csv": what reads, and how, and what is refused, with its line. */
#include <locale.h>
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

SUITE("csv", .setup = setup, .teardown = teardown);

static const char *file(const char *text) {
    return loader_file(&loader, "table.csv", text, strlen(text));
}

static struct dataset *load(const char *text, const char *label) {
    return loader_load(&loader, "csv",
                       GIVEN({"path", STRING(file(text))}, {"label", STRING(label)}));
}

static void refuse(const char *text, const char *label, const char *part) {
    loader_refuse(&loader, SYNRL_INVALID, part, "csv",
                  GIVEN({"path", STRING(file(text))}, {"label", STRING(label)}));
}

static void check_inputs(const struct dataset *dataset, size_t n_samples, size_t n_inputs,
                         const float *expected) {
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_samples, n_samples);
    ck_assert_uint_eq(data->n_inputs, n_inputs);
    ck_assert_int_eq(data->format, SYNRL_INPUT_F32);
    ck_assert_mem_eq(data->inputs, expected, n_samples * n_inputs * sizeof(float));
}

TEST(reads_a_header_and_words_as_labels) {
    struct dataset *dataset =
        load("length,kind,width\n1.5,plum,2\n-3e2,apple,0.25\n+.5,plum,1\n", "kind");
    static const float inputs[] = {1.5F, 2.0F, -300.0F, 0.25F, 0.5F, 1.0F};
    check_inputs(dataset, 3, 2, inputs);
    const synrl_data *data = dataset_data(dataset);
    static const int32_t labels[] = {1, 0, 1}; /* classes in the order of their names */
    ck_assert_mem_eq(data->labels, labels, sizeof labels);
    ck_assert_uint_eq(data->n_classes, 2);
    ck_assert_str_eq(data->class_names[0], "apple");
    ck_assert_str_eq(data->class_names[1], "plum");
    ck_assert_ptr_null(data->targets);
    dataset_release(dataset);
}

TEST(orders_numbers_as_labels_by_value) {
    struct dataset *dataset = load("7,10\n7,9\n7,-1\n7,9.0\n", "2");
    static const int32_t labels[] = {2, 1, 0, 1};
    ck_assert_mem_eq(dataset_data(dataset)->labels, labels, sizeof labels);
    ck_assert_str_eq(dataset_data(dataset)->class_names[2], "10");
    dataset_release(dataset);
}

TEST(reads_targets_in_the_order_asked_for) {
    const char *path = file("a,b,c\n1,2,3\n4,5,6\n");
    struct dataset *dataset =
        loader_load(&loader, "csv", GIVEN({"path", STRING(path)}, {"targets", STRING("c, 1")}));
    static const float inputs[] = {2, 5}, targets[] = {3, 1, 6, 4};
    check_inputs(dataset, 2, 1, inputs);
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_targets, 2);
    ck_assert_mem_eq(data->targets, targets, sizeof targets);
    ck_assert_uint_eq(data->n_classes, 0);
    ck_assert_ptr_null(data->labels);
    dataset_release(dataset);
}

/* The same table in the manners in which programs write it. */
static const char *const manners[] = {
    "1,2,a\n3,4,b\n",
    "1,2,a\n3,4,b",
    "1,2,a\r\n3,4,b\r\n",
    "1,2,a\r3,4,b",
    ("\xEF\xBB\xBF"
     "1,2,a\n3,4,b\n"),
    "\n\n1,2,a\n\n\r\n3,4,b\n\n",
    "\"1\",\"2\",\"a\"\r\n\"3\",\"4\",\"b\"",
    " 1 ,\t2, a\n3,4 ,b \n",
    "x,\"y\"\"\n,\",z\n1,2,a\n3,4,b\n",
};

TEST_EACH(reads_every_manner_of_writing, COUNT_OF(manners)) {
    static const float inputs[] = {1, 2, 3, 4};
    struct dataset *dataset = load(manners[_i], "3");
    check_inputs(dataset, 2, 2, inputs);
    ck_assert_str_eq(dataset_data(dataset)->class_names[0], "a");
    ck_assert_str_eq(dataset_data(dataset)->class_names[1], "b");
    dataset_release(dataset);
}

TEST(separates_by_the_byte_given) {
    const char *path = file("1,5;no\n2;yes\n");
    loader_refuse(&loader, SYNRL_INVALID, "table.csv:1: column 1 is \"1,5\"", "csv",
                  GIVEN({"path", STRING(path)}, {"label", STRING("2")}, {"separator", STRING(";")},
                        {"header", STRING("no")}));
    path = file("1\tno\n2\tyes, please\n");
    struct dataset *dataset = loader_load(
        &loader, "csv",
        GIVEN({"path", STRING(path)}, {"label", STRING("2")}, {"separator", STRING("\t")}));
    ck_assert_str_eq(dataset_data(dataset)->class_names[1], "yes, please");
    dataset_release(dataset);
}

TEST(takes_a_header_on_request) {
    const char *path = file("0,1,label\n5,6,a\n7,8,b\n");
    loader_refuse(&loader, SYNRL_INVALID, "no column \"label\": must be a number from 1 to 3",
                  "csv", GIVEN({"path", STRING(path)}, {"label", STRING("label")}));
    struct dataset *dataset = loader_load(
        &loader, "csv",
        GIVEN({"path", STRING(path)}, {"label", STRING("label")}, {"header", STRING("yes")}));
    static const float inputs[] = {5, 6, 7, 8};
    check_inputs(dataset, 2, 2, inputs);
    dataset_release(dataset);
}

TEST(does_not_depend_on_the_locale) {
    /* Where the comma is the decimal point, strtof would stop at ours. */
    const bool has_comma = setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    struct dataset *dataset = load("1.5,a\n2.5,b\n", "2");
    static const float inputs[] = {1.5F, 2.5F};
    check_inputs(dataset, 2, 1, inputs);
    dataset_release(dataset);
    setlocale(LC_ALL, "C");
    if (!has_comma) {
        fprintf(stderr, "skipped: csv in a locale with a decimal comma, none is installed\n");
    }
}

static const struct {
    const char *text, *label, *part;
} malformed[] = {
    {"", "1", "table.csv: is empty: must have at least one line"},
    {"\n\n", "1", "table.csv: is empty"},
    {"a,b\n", "b", "table.csv:1: a header without a line of numbers"},
    {"1,a\n2,3,b\n", "2", "table.csv:2: 3 fields: must be 2, as in line 1"},
    {"1,a\n2\n", "2", "table.csv:2: 1 fields: must be 2"},
    {"x,y\n1,a\n,b\n", "y", "table.csv:3: column 1 (\"x\") is empty: must be a number"},
    {"x,y\n1,a\n2,\n", "y", "table.csv:3: column 2 (\"y\") is empty: must be a label"},
    {"1,a\nnan,b\n", "2", "table.csv:2: column 1 is \"nan\": must be a finite number"},
    {"1,a\ninf,b\n", "2", "is \"inf\""},
    {"1,a\n1e99,b\n", "2", "is \"1e99\": must be a finite number"},
    {"1,a\n0x10,b\n", "2", "is \"0x10\""},
    {"1,a\n1 2,b\n", "2", "is \"1 2\""},
    {"1,a\n--1,b\n", "2", "is \"--1\""},
    {"1,a\n1e,b\n", "2", "is \"1e\""},
    {"1,a\n.,b\n", "2", "is \".\""},
    {"1,a\n2,b\n", "3", "no column \"3\": must be a number from 1 to 2"},
    {"1,a\n2,b\n", "0", "no column \"0\""},
    {"x,y\n2,b\n", "yy", "no column \"yy\": must be a number from 1 to 2, or a name"},
    {"x,x\n2,b\n", "x", "2 columns are named \"x\""},
    {"1\n2\n", "1", "all columns (1) are labels or targets"},
    {"1,a\n2,a\n", "2", "the label is \"a\" in every line: must be at least 2"},
    {"1,\"a\n2,b\n", "2", "table.csv:1: a quote (\") is opened and never closed"},
    {"1,a\n2,\"b\"c\n", "2", "table.csv:2: unexpected text after a closing quote"},
};

TEST_EACH(refuses_with_the_line, COUNT_OF(malformed)) {
    refuse(malformed[_i].text, malformed[_i].label, malformed[_i].part);
}

TEST(refuses_what_is_not_a_text_file) {
    const char *path = loader_file(&loader, "table.csv", "1,a\n2\0,b\n", 9);
    loader_refuse(&loader, SYNRL_INVALID, "a zero byte at offset 5", "csv",
                  GIVEN({"path", STRING(path)}, {"label", STRING("2")}));
    loader_refuse(&loader, SYNRL_IO, "nowhere.csv: cannot be opened: No such file", "csv",
                  GIVEN({"path", STRING("nowhere.csv")}, {"label", STRING("2")}));
    loader_refuse(&loader, SYNRL_IO, "cannot be read: Is a directory", "csv",
                  GIVEN({"path", STRING(loader.scratch.folder)}, {"label", STRING("2")}));
}

TEST(refuses_parameters) {
    const char *path = file("1,a\n2,b\n");
    loader_refuse(&loader, SYNRL_INVALID, "label or targets must be given", "csv",
                  GIVEN({"path", STRING(path)}));
    loader_refuse(
        &loader, SYNRL_INVALID, "separator = \";;\": must be one byte", "csv",
        GIVEN({"path", STRING(path)}, {"label", STRING("2")}, {"separator", STRING(";;")}));
    loader_refuse(
        &loader, SYNRL_INVALID, "column 2 is requested twice", "csv",
        GIVEN({"path", STRING(path)}, {"label", STRING("2")}, {"targets", STRING("1,2")}));
}

TEST(reads_huge_fields_and_many_columns) {
    enum { LENGTH = 300000, COLUMNS = 50000 };
    static char text[2 * LENGTH + 4 * COLUMNS];
    char *out = text;
    memset(out, '0', LENGTH); /* 000...01 is 1 */
    out = stpcpy(out + LENGTH, "1,\"");
    memset(out, 'n', LENGTH);
    stpcpy(out + LENGTH, "\"\n2,m\n");
    struct dataset *dataset = load(text, "2");
    static const float inputs[] = {1, 2};
    check_inputs(dataset, 2, 1, inputs);
    ck_assert_uint_eq(strlen(dataset_data(dataset)->class_names[1]), LENGTH);
    dataset_release(dataset);

    out = text;
    for (int row = 0; row < 2; row++) {
        for (int c = 0; c < COLUMNS; c++) {
            out = stpcpy(out, "1,");
        }
        out = stpcpy(out, row == 0 ? "a\n" : "b\n");
    }
    dataset = load(text, "50001");
    ck_assert_uint_eq(dataset_data(dataset)->n_inputs, COLUMNS);
    dataset_release(dataset);
}

TEST(survives_damage) {
    const char *path = file("x,\"y\"\"\",z\r\n1.5,2,\"a\"\n3,-4e1,b\n");
    loader_damage(&loader, path, 1 << 20, "csv",
                  GIVEN({"path", STRING(path)}, {"label", STRING("3")}));
}

TEST(leaves_nothing_when_memory_runs_out) {
    const char *path = file("1,a\n2,b\n");
    loader_short_memory("csv", GIVEN({"path", STRING(path)}, {"label", STRING("2")}));
}
