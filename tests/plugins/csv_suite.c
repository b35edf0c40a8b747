/* SPDX-License-Identifier: MIT */
/* Data set "csv": what reads, and how, and what is refused, with its line. */
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

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

/* 2^24 + 1 and 2^53 + 1 are not floats and doubles; 1, 1.0, 01 and +10e-1 are one number. */
TEST(compares_numbers_as_labels_exactly) {
    struct dataset *dataset = load(
        "7,16777217\n7,16777216\n7,9007199254740993\n"
        "7,9007199254740992\n7,90071992547409920000000000000000001\n"
        "7,90071992547409920000000000000000000\n7,-1e-400\n",
        "2");
    static const int32_t large[] = {2, 1, 4, 3, 6, 5, 0};
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 7);
    ck_assert_mem_eq(dataset_data(dataset)->labels, large, sizeof large);
    ck_assert_str_eq(dataset_data(dataset)->class_names[3], "9007199254740992");
    dataset_release(dataset);
    dataset = load("7,01\n7,1.0\n7,1\n7,+10e-1\n7,-0\n7,0.00\n7,.5\n7,5e-1\n7,1.5e1\n7,15.\n", "2");
    static const int32_t equal[] = {2, 2, 2, 2, 0, 0, 1, 1, 3, 3};
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 4);
    ck_assert_mem_eq(dataset_data(dataset)->labels, equal, sizeof equal);
    ck_assert_str_eq(dataset_data(dataset)->class_names[2], "1");
    dataset_release(dataset);
    dataset = load("7,01\n7,1\n7,one\n7,1.\n", "2"); /* text, since not all are numbers */
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 4);
    dataset_release(dataset);
}

/* A header that may be a sample is not silently one. */
TEST(asks_whether_a_line_is_the_header) {
    static const char *const texts[] = {
        "0,1,2,3\n1,5,2,0\n2,1,1,1\n",
        "1,2\n7,0\n8,1\n",
        "0,1,2,class\n1,5,2,0\n2,1,1,1\n",
        "400,410,420,z\n1,5,2,a\n2,1,1,b\n",
        "5,x\n1,1\n2,0\n3,1\n",
        "5,7\n1,a\n2,b\n3,a\n",
    };
    static const char *const labels[] = {"4", "2", "4", "4", "2", "2"};
    for (size_t t = 0; t < COUNT_OF(texts); t++) {
        refuse(texts[t], labels[t], "table.csv:1: is this line a header? ");
        struct dataset *dataset =
            loader_load(&loader, "csv",
                        GIVEN({"path", STRING(file(texts[t]))}, {"label", STRING(labels[t])},
                              {"header", STRING("yes")}));
        const size_t n = dataset_data(dataset)->n_samples;
        dataset_release(dataset);
        dataset = loader_load(&loader, "csv",
                              GIVEN({"path", STRING(file(texts[t]))}, {"label", STRING(labels[t])},
                                    {"header", STRING("no")}));
        ck_assert_uint_eq(dataset_data(dataset)->n_samples, n + 1);
        dataset_release(dataset);
    }
    ck_assert_uint_eq(loader.n_warnings, 0);
    dataset_release(load("5,x\n1,a\n2,b\n3,a\n4,b\n", "2"));
    ck_assert_ptr_nonnull(strstr(loader.warning,
                                 "table.csv:1: is a sample, and no other has its "
                                 "label, \"x\"; header = \"yes\""));
}

TEST(a_line_of_missing_values_is_no_header) {
    refuse("nan,?,a\n1,2,b\n3,4,a\n", "3", "table.csv:1: column 1 is \"nan\": must be a finite");
    struct dataset *dataset = load("RI,Na,kind\n1,2,b\n3,4,a\n", "3"); /* sodium */
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 2);
    dataset_release(dataset);
}

TEST(a_missing_label_is_no_silent_class) {
    refuse("x,y\n1,0\n2,NaN\n3,1\n", "y", "table.csv:3: the label is \"NaN\": must be a number");
    ck_assert_uint_eq(loader.n_warnings, 0);
    dataset_release(load("x,y\n1,ant\n2,NA\n3,bee\n4,NA\n", "y"));
    ck_assert_ptr_nonnull(strstr(
        loader.warning, "table.csv:3: the label is \"NA\", a class like any other (2 in all)"));
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
    " \n1,2, \"a\" \n\t \r\n3,4,\"b\"\n  ",
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
    loader_refuse(&loader, SYNRL_INVALID, "no column \"labels\": must be a number from 1 to 3",
                  "csv", GIVEN({"path", STRING(path)}, {"label", STRING("labels")}));
    dataset_release(load("0,1,label\n5,6,a\n7,8,b\n", "label")); /* who names it has a header */
    struct dataset *dataset = loader_load(
        &loader, "csv",
        GIVEN({"path", STRING(path)}, {"label", STRING("3")}, {"header", STRING("yes")}));
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
    {"x,y\n2,b\n", "yy",
     "no column \"yy\": must be a number from 1 to 2, or a name of this header: x, y"},
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

static void refuse_bytes(const char *bytes, size_t n, const char *part) {
    const char *path = loader_file(&loader, "table.csv", bytes, n);
    loader_refuse(&loader, SYNRL_INVALID, part, "csv",
                  GIVEN({"path", STRING(path)}, {"label", STRING("2")}));
}

TEST(names_what_a_file_is_instead) {
    refuse_bytes("\x1F\x8B\x08\0\0\0", 6, "table.csv: is damaged or truncated: unexpected end");
    refuse_bytes("PK\x03\x04\x14\0", 6, "table.csv: is a zip archive or a spreadsheet");
    refuse_bytes("\xFF\xFE\x31\0", 4, "table.csv: is text in UTF-16");
    refuse_bytes("\xFE\xFF\0\x31", 4, "table.csv: is text in UTF-16");
    refuse_bytes("1,a\n2,caf\xE9\n", 10, "table.csv:2: a byte 0xe9 that is not UTF-8");
    refuse_bytes("1,a\n2,\xC0\x80\n", 9, "table.csv:2: a byte 0xc0");      /* overlong */
    refuse_bytes("1,a\n2,\xED\xA0\x80\n", 10, "table.csv:2: a byte 0xed"); /* a surrogate */
    refuse_bytes("1,a\n2,\xE2\x82", 8, "table.csv:2: a byte 0xe2");        /* cut off */
    refuse_bytes("1 a\xBF\0\n", 6, "table.csv:1: a byte 0xbf"); /* a zero in the last bytes */
    refuse_bytes("1,a\xE2\0", 5, "table.csv:1: a byte 0xe2");
    refuse_bytes(
        "1,a\n\xEF\xBB\xBF"
        "2,b\n",
        11, "table.csv:2: a byte order mark: must be at the");
    struct dataset *dataset = load("BZh,b\n1,\xC3\xA4\n2,\xF0\x9F\x90\x9D\n", "2");
    ck_assert_str_eq(dataset_data(dataset)->class_names[0], "\xC3\xA4");
    dataset_release(dataset);
}

/* In a test of its own time limit: nobody ever writes to the FIFO. */
TEST(does_not_wait_for_a_fifo) {
    const char *path = scratch_path(&loader.scratch, "fifo.csv");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    loader_refuse(&loader, SYNRL_IO, "fifo.csv: cannot be opened: it must be a file", "csv",
                  GIVEN({"path", STRING(path)}, {"label", STRING("2")}));
    loader_refuse(&loader, SYNRL_IO, "/dev/zero: cannot be opened: it must be a file", "csv",
                  GIVEN({"path", STRING("/dev/zero")}, {"label", STRING("2")}));
    loader_refuse(&loader, SYNRL_IO, "fifo.csv: cannot be opened: it must be a file", "npz",
                  GIVEN({"path", STRING(path)}));
    loader_refuse(&loader, SYNRL_IO, "fifo.csv: cannot be opened: it must be a file", "images",
                  GIVEN({"path", STRING(path)}));
    loader_refuse(&loader, SYNRL_IO, "fifo.csv: cannot be opened: it must be a file", "idx",
                  GIVEN({"images", STRING(path)}, {"labels", STRING(path)}));
}

TEST(refuses_what_is_larger_than_the_limit) {
    static char text[(1 << 20) + 8];
    memset(text, '0', sizeof text);
    stpcpy(text + sizeof text - 8, ",a\n2,b\n"); /* one byte more than 1 MiB */
    loader_refuse(
        &loader, SYNRL_INVALID, "table.csv: has more than limit = 1 MiB", "csv",
        GIVEN({"path", STRING(file(text))}, {"label", STRING("2")}, {"limit", INTEGER(1)}));
    dataset_release(loader_load(
        &loader, "csv",
        GIVEN({"path", STRING(file(text + 7))}, {"label", STRING("2")}, {"limit", INTEGER(1)})));
}

TEST(refuses_parameters) {
    const char *path = file("1,a\n2,b\n");
    loader_refuse(&loader, SYNRL_INVALID, "inputs and ignore are given", "csv",
                  GIVEN({"path", STRING(path)}, {"inputs", STRING("1")}, {"ignore", STRING("2")}));
    loader_refuse(&loader, SYNRL_INVALID, "comment = \"//\": must be one byte", "csv",
                  GIVEN({"path", STRING(path)}, {"label", STRING("2")}, {"comment", STRING("//")}));
    loader_refuse(
        &loader, SYNRL_INVALID, "separator = \";;\": must be one byte", "csv",
        GIVEN({"path", STRING(path)}, {"label", STRING("2")}, {"separator", STRING(";;")}));
    loader_refuse(
        &loader, SYNRL_INVALID,
        "column 2 is the label and a target: only targets may be inputs as well", "csv",
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
