/* SPDX-License-Identifier: MIT */
/* Data set "csv": the forms that tables are found in, as parameters read them. */
#include <stdlib.h>
#include <string.h>
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

SUITE("csv_forms", .setup = setup, .teardown = teardown);

static const struct value square[] = {INTEGER(2), INTEGER(2)};
static const struct value line[] = {INTEGER(1), INTEGER(3)};

enum { PARAMS_MAX = 6, VALUES_MAX = 24 };

/* A table, the parameters that read it, and what it then holds: rows of inputs, labels as one digit
 * each. */
struct form {
    const char *what, *text;
    struct named_value params[PARAMS_MAX];
    size_t n_inputs;
    float inputs[VALUES_MAX];
    const char *labels, *classes;
};

#define PARAMS(...) \
    { __VA_ARGS__ }

static const struct form forms[] = {
    {"a column left out by name",
     "id,a,k\n71,1,x\n72,2,y\n",
     PARAMS({"label", STRING("k")}, {"ignore", STRING("id")}),
     1,
     {1, 2},
     "01",
     "x,y"},
    {"by number",
     "id,a,k\n71,1,x\n72,2,y\n",
     PARAMS({"label", STRING("-1")}, {"ignore", STRING("1")}),
     1,
     {1, 2},
     "01",
     "x,y"},
    {"a range left out",
     "9,9,9,1,x\n9,9,9,2,y\n",
     PARAMS({"label", STRING("5")}, {"ignore", STRING("1..3")}),
     1,
     {1, 2},
     "01",
     "x,y"},
    {"inputs in the order given",
     "a,b,c,k\n1,2,3,x\n4,5,6,y\n",
     PARAMS({"label", STRING("k")}, {"inputs", STRING("c, a")}),
     2,
     {3, 1, 6, 4},
     "01",
     "x,y"},
    {"a range of names",
     "a,b,c,d,k\n1,2,3,9,x\n4,5,6,9,y\n",
     PARAMS({"label", STRING("k")}, {"inputs", STRING("a..c")}),
     3,
     {1, 2, 3, 4, 5, 6},
     "01",
     "x,y"},
    {"numbers as names",
     "3,2,1\n7,8,x\n5,6,y\n",
     PARAMS({"label", STRING("1")}, {"header", STRING("yes")}),
     2,
     {7, 8, 5, 6},
     "01",
     "x,y"},
    {"numbers as names, by number",
     "3,2,1\n7,8,x\n5,6,y\n",
     PARAMS({"label", STRING("#3")}, {"header", STRING("yes")}),
     2,
     {7, 8, 5, 6},
     "01",
     "x,y"},
    {"a name among numbers",
     "0,1,k\n5,6,0\n7,8,1\n",
     PARAMS({"label", STRING("k")}),
     2,
     {5, 6, 7, 8},
     "01",
     "0,1"},
    {"rows with a missing value dropped",
     "a,b,k\n1,?,x\n2,3,y\n4,5,x\nNA,1,x\n6,7,\n",
     PARAMS({"label", STRING("k")}, {"missing", STRING("drop")}),
     2,
     {2, 3, 4, 5},
     "10",
     "x,y"},
    {"not for a column left out",
     "a,b,k\n1,?,x\n2,3,y\n",
     PARAMS({"label", STRING("k")}, {"missing", STRING("drop")}, {"ignore", STRING("b")}),
     1,
     {1, 2},
     "01",
     "x,y"},
    {"the mean of the others",
     "a,b,k\n1,?,x\n2,3,y\n,5,x\n",
     PARAMS({"label", STRING("k")}, {"missing", STRING("mean")}),
     2,
     {1, 4, 2, 3, 1.5F, 5},
     "010",
     "x,y"},
    {"a number that stands for none",
     "a,k\n-999,x\n2,y\n4,x\n",
     PARAMS({"label", STRING("k")}, {"missing", STRING("mean")},
            {"missing_words", STRING("?,-999")}),
     1,
     {3, 2, 4},
     "010",
     "x,y"},
    {"a word that is a value here",
     "a,k\n1,none\n2,y\n,y\n",
     PARAMS({"label", STRING("k")}, {"missing", STRING("drop")}),
     1,
     {1, 2},
     "01",
     "none,y"},
    {"words",
     "a,city,b,k\n1,Rome,2,x\n3,Oslo,4,y\n5,Rome,6,y\n",
     PARAMS({"label", STRING("k")}, {"one_hot", STRING("city")}),
     4,
     {1, 0, 1, 2, 3, 1, 0, 4, 5, 0, 1, 6},
     "011",
     "x,y"},
    {"numbers as words, by value",
     "10,x\n9,y\n9.0,y\n",
     PARAMS({"label", STRING("2")}, {"one_hot", STRING("1")}),
     2,
     {0, 1, 1, 0, 1, 0},
     "011",
     "x,y"},
    {"all words listed",
     "sex,k\nmale,x\nmale,y\n",
     PARAMS({"label", STRING("k")}, {"one_hot", STRING("sex=male|female|other")}),
     3,
     {1, 0, 0, 1, 0, 0},
     "01",
     "x,y"},
    {"a missing word has its share",
     "s,k\nm,x\nf,y\nm,y\n?,x\n",
     PARAMS({"label", STRING("k")}, {"one_hot", STRING("s")}, {"missing", STRING("mean")}),
     2,
     {0, 1, 1, 0, 0, 1, 1.0F / 3, 2.0F / 3},
     "0110",
     "x,y"},
    {"several blanks",
     " x  1\t 2 \n y 2   3\n",
     PARAMS({"label", STRING("1")}, {"separator", STRING("blanks")}),
     2,
     {1, 2, 2, 3},
     "01",
     "x,y"},
    {"blanks and quotes",
     "'a b' 1\n\"a b\"  2\n",
     PARAMS({"label", STRING("1")}, {"separator", STRING("blanks")}, {"skip", INTEGER(1)},
            {"classes", STRING("a b,c")}),
     1,
     {2},
     "0",
     "a b,c"},
    {"tabs",
     "1\tx\n2\ty\n",
     PARAMS({"label", STRING("2")}, {"separator", STRING("tab")}),
     1,
     {1, 2},
     "01",
     "x,y"},
    {"names of rows",
     "\"a\",\"k\"\n\"r1\",1,\"x\"\n\"r2\",2,\"y\"\n",
     PARAMS({"label", STRING("k")}),
     1,
     {1, 2},
     "01",
     "x,y"},
    {"names of rows with an empty name",
     "\"\",\"a\",\"k\"\n\"1\",1,\"x\"\n\"2\",2,\"y\"\n",
     PARAMS({"label", STRING("k")}),
     1,
     {1, 2},
     "01",
     "x,y"},
    {"decimal comma",
     "a;b;k\n1,5;-2,25e1;x\n,5;7;y\n",
     PARAMS({"label", STRING("k")}, {"separator", STRING(";")}, {"decimal", STRING("comma")}),
     2,
     {1.5F, -22.5F, 0.5F, 7},
     "01",
     "x,y"},
    {"decimal comma in quotes",
     "\"1,5\",x\n\"123456789,5\",y\n",
     PARAMS({"label", STRING("2")}, {"decimal", STRING("comma")}),
     1,
     {1.5F, 123456789.5F},
     "01",
     "x,y"},
    {"a comma at the end",
     "1,2,x,\n2,3,y,\n",
     PARAMS({"label", STRING("3")}, {"ignore", STRING("-1")}),
     2,
     {1, 2, 2, 3},
     "01",
     "x,y"},
    {"remarks",
     "# made by\na,k\n1,x\n#\n2,y\n# end",
     PARAMS({"label", STRING("k")}, {"comment", STRING("#")}),
     1,
     {1, 2},
     "01",
     "x,y"},
    {"lines before",
     "Block 1\r\n\r\n7,8,x\r\n3,4,y\r\n",
     PARAMS({"label", STRING("3")}, {"skip", INTEGER(1)}),
     2,
     {7, 8, 3, 4},
     "01",
     "x,y"},
    {"classes in an order of their own",
     "1,x\n2,y\n",
     PARAMS({"label", STRING("2")}, {"classes", STRING("z,y,x")}),
     1,
     {1, 2},
     "21",
     "z,y,x"},
    {"one class of three",
     "1,2.0\n2,2\n",
     PARAMS({"label", STRING("2")}, {"classes", STRING("012")}),
     1,
     {1, 2},
     "22",
     "0,1,2"},
    {"no labels", "a,b\n1,5\n2,1\n", {{NULL, {0}}}, 2, {1, 5, 2, 1}, "", ""},
};

/* The path and the parameters, up to the first without a name. */
static size_t with_path(const char *path, const struct named_value *params,
                        struct named_value *values) {
    size_t n = 0;
    values[0] = (struct named_value){"path", STRING(path)};
    for (; n < PARAMS_MAX && params[n].name != NULL; n++) {
        values[n + 1] = params[n];
    }
    return n + 1;
}

static void check_labels(const synrl_data *data, const char *labels, const char *classes) {
    char names[80] = "";
    if (*labels == '\0') {
        ck_assert_ptr_null(data->labels);
        ck_assert_uint_eq(data->n_classes, 0);
        return;
    }
    for (size_t s = 0; s < data->n_samples; s++) {
        ck_assert_int_eq(data->labels[s], labels[s] - '0');
    }
    for (size_t c = 0; c < data->n_classes; c++) {
        strcat(strcat(names, c > 0 ? "," : ""), data->class_names[c]);
    }
    ck_assert_str_eq(names, classes);
}

static void check_form(const struct form *form, const char *path) {
    struct named_value values[PARAMS_MAX + 1];
    const size_t n = with_path(path, form->params, values);
    struct dataset *dataset = loader_load(&loader, "csv", n, values);
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_inputs, form->n_inputs);
    ck_assert_int_eq(data->format, SYNRL_INPUT_F32);
    for (size_t i = 0; i < data->n_samples * data->n_inputs; i++) {
        const float value = ((const float *)data->inputs)[i];
        ck_assert_msg(value == form->inputs[i], "%s: value %zu is %.9g, not %.9g", form->what, i,
                      (double)value, (double)form->inputs[i]);
    }
    ck_assert_msg(*form->labels == '\0' || strlen(form->labels) == data->n_samples, "%s: %zu rows",
                  form->what, data->n_samples);
    check_labels(data, form->labels, form->classes);
    dataset_release(dataset);
}

/* The same packed by gzip: a reader that sees other pieces of the file. */
TEST_EACH(reads_every_form_of_table, COUNT_OF(forms)) {
    const struct form *form = &forms[_i];
    check_form(form, loader_file(&loader, "table.csv", form->text, strlen(form->text)));
    const char *path = scratch_path(&loader.scratch, "table.csv.gz");
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, form->text, (unsigned)strlen(form->text)),
                     (int)strlen(form->text));
    gzclose(file);
    check_form(form, path);
}

/* Tables whose targets are inputs too, as for an autoencoder. */
static const struct {
    const char *text;
    struct named_value params[PARAMS_MAX];
    size_t n_samples, n_inputs, n_targets;
    float inputs[VALUES_MAX], targets[VALUES_MAX];
} doubles[] = {
    {"1,7\n3,4\n",
     PARAMS({"inputs", STRING("1..2")}, {"targets", STRING("1..2")}),
     2,
     2,
     2,
     {1, 7, 3, 4},
     {1, 7, 3, 4}},
    {"a,b,c\n1,2,3\n4,5,6\n",
     PARAMS({"inputs", STRING("c,b")}, {"targets", STRING("a,b")}),
     2,
     2,
     2,
     {3, 2, 6, 5},
     {1, 2, 4, 5}},
    {"a,b\n1,2\n?,3\n4,?\n5,6\n",
     PARAMS({"inputs", STRING("a,b")}, {"targets", STRING("b")}, {"missing", STRING("drop")}),
     2,
     2,
     1,
     {1, 2, 5, 6},
     {2, 6}},
    {"a,b\n1,2\n?,3\n",
     PARAMS({"inputs", STRING("a,b")}, {"targets", STRING("b")}, {"missing", STRING("mean")}),
     2,
     2,
     1,
     {1, 2, 1, 3},
     {2, 3}},
    {"k\n3\n1\n",
     PARAMS({"inputs", STRING("k")}, {"targets", STRING("k")}, {"one_hot", STRING("k")}),
     2,
     2,
     1,
     {0, 1, 1, 0},
     {3, 1}},
};

TEST_EACH(a_column_may_be_input_and_target, COUNT_OF(doubles)) {
    struct named_value values[PARAMS_MAX + 1];
    const char *text = doubles[_i].text;
    const char *path = loader_file(&loader, "table.csv", text, strlen(text));
    const size_t n = with_path(path, doubles[_i].params, values);
    struct dataset *dataset = loader_load(&loader, "csv", n, values);
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_samples, doubles[_i].n_samples);
    ck_assert_uint_eq(data->n_inputs, doubles[_i].n_inputs);
    ck_assert_uint_eq(data->n_targets, doubles[_i].n_targets);
    ck_assert_mem_eq(data->inputs, doubles[_i].inputs,
                     data->n_samples * data->n_inputs * sizeof(float));
    ck_assert_mem_eq(data->targets, doubles[_i].targets,
                     data->n_samples * data->n_targets * sizeof(float));
    dataset_release(dataset);
}

/* What the inputs are called, and the lines of the samples. */
static const struct {
    const char *text;
    struct named_value params[PARAMS_MAX];
    const char *names;
    size_t n_samples;
    uint32_t lines[4];
} names[] = {
    {"a,k,b\n1,x,2\n\n3,y,4\n", PARAMS({"label", STRING("k")}), "a;b", 2, {2, 4}},
    {"1,x,2\n3,y,4\n", PARAMS({"label", STRING("2")}), "1;3", 2, {1, 2}},
    {"\"\",a\nr,1\ns,2\n", PARAMS({"header", STRING("yes")}), "a", 2, {2, 3}},
    {"s,a\nm,1\nf,?\n\"f\n\",3\nf,4\n",
     PARAMS({"one_hot", STRING("s")}, {"missing", STRING("drop")}),
     "s=f;s=f\n;s=m;a",
     3,
     {2, 4, 6}},
    {"s,a\nm,1\n", PARAMS({"one_hot", STRING("s=m|f|other")}), "s=m;s=f;s=other;a", 1, {2}},
    {"4,2\n", PARAMS({"inputs", STRING("2,1")}, {"one_hot", STRING("2=1|2")}), "2=1;2=2;1", 1, {1}},
};

TEST_EACH(says_where_inputs_and_samples_are_from, COUNT_OF(names)) {
    struct named_value values[PARAMS_MAX + 1];
    const char *text = names[_i].text;
    const char *path = loader_file(&loader, "table.csv", text, strlen(text));
    const size_t n = with_path(path, names[_i].params, values);
    struct dataset *dataset = loader_load(&loader, "csv", n, values);
    const synrl_data *data = dataset_data(dataset);
    char found[80] = "";
    for (size_t i = 0; i < data->n_inputs; i++) {
        strcat(strcat(found, i > 0 ? ";" : ""), data->input_names[i]);
    }
    ck_assert_str_eq(found, names[_i].names);
    ck_assert_uint_eq(data->n_samples, names[_i].n_samples);
    ck_assert_mem_eq(data->sample_numbers, names[_i].lines, data->n_samples * sizeof(uint32_t));
    dataset_release(dataset);
}

static const struct {
    const char *text;
    struct named_value params[PARAMS_MAX];
    const char *part;
} refused[] = {
    {"a,b,k\n1,?,x\n2,3,y\n", PARAMS({"label", STRING("k")}),
     "table.csv:2: column 2 (\"b\") is \"?\": must be a finite number; missing = \"drop\" leaves "
     "such "
     "rows out, \"mean\" fills them in, ignore = \"b\" leaves the column out"},
    {"a,city,k\n1,Rome,x\n2,Oslo,y\n", PARAMS({"label", STRING("k")}),
     "is \"Rome\": must be a finite number; one_hot = \"city\" makes inputs of words"},
    {"a;k\n1,5;x\n", PARAMS({"label", STRING("k")}, {"separator", STRING(";")}),
     "is \"1,5\": must be a finite number; is it a number with decimal = \"comma\"?"},
    {"a;b;k\n1;2;x\n", PARAMS({"label", STRING("k")}),
     "table.csv:1: a single field, \"a;b;k\": is its separator = \";\"?"},
    {"1\t2\n", PARAMS({"label", STRING("1")}), "is its separator = \"tab\"?"},
    {"1  2 x\n", PARAMS({"label", STRING("3")}, {"separator", STRING(" ")}),
     "column 2 is empty: must be a number; separator = \"blanks\" takes any number"},
    {"a,k\n1,x,\n", PARAMS({"label", STRING("k")}),
     "table.csv:2: 3 fields: must be 2, as in line 1; the line ends with a separator"},
    {"a,k\n?,x\n,y\n", PARAMS({"label", STRING("k")}, {"missing", STRING("drop")}),
     "each of 2 lines has a missing value"},
    {"a,k\n?,x\n,y\n", PARAMS({"label", STRING("k")}, {"missing", STRING("mean")}),
     "column 1 (\"a\") has no value, so no mean: ignore leaves it out"},
    {"a,k\n1,x\n2,\n", PARAMS({"label", STRING("k")}, {"missing", STRING("mean")}),
     "table.csv:3: column 2 (\"k\") is empty: must be a label; missing = \"drop\""},
    {"a,t\n1,1\n2,?\n", PARAMS({"targets", STRING("t")}, {"missing", STRING("mean")}),
     "column 2 (\"t\") is \"?\": must be a finite number; missing = \"drop\" leaves such rows out, "
     "ignore"},
    {"s,k\nm,x\nq,y\n", PARAMS({"label", STRING("k")}, {"one_hot", STRING("s=m|f")}),
     "table.csv:3: column 1 (\"s\") is \"q\": must be one of m|f"},
    {"s,k\nm,x\n?,y\n", PARAMS({"label", STRING("k")}, {"one_hot", STRING("s")}),
     "is \"?\": must be a word; missing = \"drop\""},
    {"s,k\nm,x\nf,y\n", PARAMS({"label", STRING("k")}, {"one_hot", STRING("k")}),
     "one_hot: column 2 is not an input, or listed twice"},
    {"p,x\ne,y\ne,x\n", PARAMS({"label", STRING("1")}, {"one_hot", STRING("2")}),
     "is this line a header? every column has words, and no parameter names one"},
    {"1,x\n2,y\n", PARAMS({"label", STRING("2")}, {"classes", STRING("x,z")}),
     "table.csv:2: the label is \"y\": must be one of classes = \"x,z\""},
    {"1,2\n", PARAMS({"ignore", STRING("1..2")}, {"header", STRING("no")}),
     "all columns (2) are labels or targets, or ignored"},
    {"a,b\n1,2\n", PARAMS({"inputs", STRING("a,b,a")}),
     "column 1 (\"a\") is an input twice: must be listed once"},
    {"a,b\n1,2\n", PARAMS({"targets", STRING("b,b")}), "column 2 (\"b\") is a target twice"},
    {"a,b\n1,2\n", PARAMS({"targets", STRING("b")}, {"ignore", STRING("b")}),
     "column 2 (\"b\") is a target and ignored: only targets may be inputs as well"},
    {"a,k\n1,x\n2,y\n", PARAMS({"label", STRING("k")}, {"inputs", STRING("a,k")}),
     "column 2 (\"k\") is the label and an input"},
    {"a,b\n1,2\n3,?\n",
     PARAMS({"inputs", STRING("a,b")}, {"targets", STRING("b")}, {"missing", STRING("mean")}),
     "table.csv:3: column 2 (\"b\") is \"?\": must be a finite number; missing = \"drop\""},
    {"1,2,x\n", PARAMS({"label", STRING("1..2")}), "label = \"1..2\": must be one column"},
    {"1,2,x\n", PARAMS({"label", STRING("3")}, {"ignore", STRING("2..1")}), "no column \"2..1\""},
    {"1,2,3,5,x\n2,2,2,2,y\n", PARAMS({"label", STRING("5")}, {"pixels", LIST(line)}),
     "4 inputs: must be pixels = 1 x 3 x 1"},
    {"1,2,3,256,x\n", PARAMS({"label", STRING("5")}, {"pixels", LIST(square)}),
     "table.csv:1: column 4 is 256: pixels must be whole numbers from 0 to 255"},
    {"1,2,3,0.5,x\n", PARAMS({"label", STRING("5")}, {"pixels", LIST(square)}), "column 4 is 0.5"},
    {"1,2,x\n", PARAMS({"label", STRING("3")}, {"pixels", LIST_OF(1, square)}),
     "pixels has 1 sizes"},
};

TEST_EACH(refuses_and_says_what_to_do, COUNT_OF(refused)) {
    const char *text = refused[_i].text;
    struct named_value values[PARAMS_MAX + 1];
    const char *path = loader_file(&loader, "table.csv", text, strlen(text));
    const size_t n = with_path(path, refused[_i].params, values);
    loader_refuse(&loader, SYNRL_INVALID, refused[_i].part, "csv", n, values);
}

/* As the same pictures in IDX, to the byte. */
TEST(reads_pixels_as_bytes) {
    static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2,   0, 0,   0,
                                           1, 0, 0, 0, 3, 0, 7, 255, 9, 128, 1};
    static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
    const char *text = "label,1x1,1x2,1x3\n1,0,7,255\n0,9,128,1\n";
    struct dataset *idx =
        loader_load(&loader, "idx",
                    GIVEN({"images", STRING(loader_file(&loader, "i", images, sizeof images))},
                          {"labels", STRING(loader_file(&loader, "l", labels, sizeof labels))}));
    struct dataset *csv =
        loader_load(&loader, "csv",
                    GIVEN({"path", STRING(loader_file(&loader, "t", text, strlen(text)))},
                          {"label", STRING("label")}, {"pixels", LIST(line)}));
    ck_assert_uint_eq(dataset_hash(csv), dataset_hash(idx));
    dataset_release(csv);
    dataset_release(idx);
}

/* Lines of every length, so that the window ends at each place of a record, within quotes, within
 * CRLF and within a character. */
TEST(pieces_of_a_file_do_not_show) {
    enum { N_ROWS = 40000, LINE = 40 };
    static char text[N_ROWS * LINE];
    char *out = text;
    for (int i = 0; i < N_ROWS; i++) {
        out += sprintf(out, "%d,\"%.*s\"\"\xC3\xA4\r\n\"%s", i, i % 13, "kkkkkkkkkkkkk",
                       i % 3 == 0 ? "\r\n" : "\n");
    }
    struct dataset *dataset =
        loader_load(&loader, "csv",
                    GIVEN({"path", STRING(loader_file(&loader, "t", text, (size_t)(out - text)))},
                          {"label", STRING("2")}));
    const synrl_data *data = dataset_data(dataset);
    ck_assert_uint_eq(data->n_samples, N_ROWS);
    ck_assert_uint_eq(data->n_classes, 13);
    ck_assert_str_eq(data->class_names[0], "\"\xC3\xA4\r\n");
    for (int i = 0; i < N_ROWS; i++) {
        ck_assert(((const float *)data->inputs)[i] == (float)i);
        ck_assert_uint_eq(strlen(data->class_names[data->labels[i]]), 5 + (size_t)i % 13);
    }
    dataset_release(dataset);
}

/* Against the C library, which has other code for each. */
TEST(numbers_are_the_nearest_floats) {
    static char text[400000];
    static float expected[20000];
    uint64_t word = 1;
    char *out = text;
    for (int i = 0; i < 20000; i++) {
        char number[40];
        word = word * 6364136223846793005U + 1442695040888963407U;
        const unsigned digits = (unsigned)(word >> 33) % 100000000U;
        sprintf(number,
                i % 3 == 0   ? "%u"
                : i % 3 == 1 ? "-%u.%u"
                             : "%u.0%ue-3",
                i % 2 == 0 ? digits : digits % 1000, (unsigned)(word >> 50) % 10000U);
        expected[i] = strtof(number, NULL);
        out += sprintf(out, "%s,%d\n", number, i % 2);
    }
    struct dataset *dataset =
        loader_load(&loader, "csv",
                    GIVEN({"path", STRING(loader_file(&loader, "t", text, (size_t)(out - text)))},
                          {"label", STRING("2")}, {"header", STRING("no")}));
    ck_assert_mem_eq(dataset_data(dataset)->inputs, expected, sizeof expected);
    dataset_release(dataset);
}

TEST(survives_damage) {
    const char *text = "# x\nid;s;\"a\";b\nr1;p;1,5;?\n\"r\"\"2\";q;-4e1;2\nr3;p;7;3\n";
    const char *path = loader_file(&loader, "table.csv", text, strlen(text));
    loader_damage(&loader, path, 1 << 20, "csv",
                  GIVEN({"path", STRING(path)}, {"ignore", STRING("1")}, {"one_hot", STRING("2")},
                        {"missing", STRING("mean")}, {"separator", STRING(";")},
                        {"decimal", STRING("comma")}, {"comment", STRING("#")}));
}

TEST(leaves_nothing_when_memory_runs_out) {
    const char *text = "s,a,k\np,1,x\nq,?,y\n";
    const char *path = loader_file(&loader, "table.csv", text, strlen(text));
    loader_short_memory("csv", GIVEN({"path", STRING(path)}, {"label", STRING("k")},
                                     {"one_hot", STRING("s")}, {"missing", STRING("mean")}));
}
