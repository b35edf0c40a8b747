/* SPDX-License-Identifier: MIT */
/* Rows of the files that the program writes, however they were edited. */
#include "base/csv.h"

#include <string.h>

#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"

static struct core *core;

static void open_core(void) {
    core = test_core();
}

static void close_core(void) {
    core_destroy(core);
}

SUITE("csv_rows", .setup = open_core, .teardown = close_core);

/* The rows as "a|b;c|d;" */
static const char *rows_of(const char *text, struct csv *csv) {
    static char rows[512];
    bool any = true;
    rows[0] = '\0';
    *csv = csv_begin(core, "x.csv", text, strlen(text));
    while (csv_next(csv, &any) == SYNRL_OK && any) {
        for (size_t c = 0; c < csv->n_fields; c++) {
            const struct csv_field field = csv->fields[c];
            snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "%.*s%s",
                     (int)(field.end - field.start), field.start,
                     c + 1 < csv->n_fields ? "|" : ";");
        }
    }
    csv_end(csv);
    return rows;
}

static const struct {
    const char *text, *rows;
    size_t line;
    bool is_cut;
} texts[] = {
    {"", "", 0, false},
    {"a,b\nc,d\n", "a|b;c|d;", 2, false},
    {"a,b\r\nc,d\r\n", "a|b;c|d;", 2, false},
    {" a\t, b c \n", "a|b c;", 1, false},
    {"a,,\n,\n", "a||;|;", 2, false},
    {"\n\na\n\n", "a;", 4, false},
    {"a\nb", "a;", 2, true},
    {"a", "", 1, true},
    {" \n", ";", 1, false},
    {"\"a\",\"b,c\"\n \"d\"\t, e\n", "a|b,c;d|e;", 2, false},
    {"\"a\"\"b\",\"\"\n", "a\"\"b|;", 1, false}, /* a quote within stays doubled */
    {"\"a,b\n\"a\"b,c\na\"b\",c\n", "\"a|b;\"a\"b|c;a\"b\"|c;", 3, false}, /* not quoted */
    {"\xEF\xBB\xBF"
     "a,b\n",
     "a|b;", 1, false},
    {"\xEF\xBB"
     "a\n",
     "\xEF\xBB"
     "a;",
     1, false},
};

TEST_EACH(rows_are_split, COUNT_OF(texts)) {
    struct csv csv;
    ck_assert_str_eq(rows_of(texts[_i].text, &csv), texts[_i].rows);
    ck_assert_uint_eq(csv.line, texts[_i].line);
    ck_assert_int_eq(csv.is_cut, texts[_i].is_cut);
}

TEST(a_failure_names_file_and_line) {
    struct csv csv = csv_begin(core, "x.csv", "a\n\nb,c\n", 7);
    bool any;
    ck_assert_int_eq(csv_next(&csv, &any), SYNRL_OK);
    ck_assert_int_eq(csv_next(&csv, &any), SYNRL_OK);
    ck_assert_uint_eq(csv.length, 3);
    ck_assert(csv_is(csv.fields[1], "c") && !csv_is(csv.fields[1], "cc") &&
              !csv_is(csv.fields[1], ""));
    ck_assert_int_eq(csv_fail(&csv, "%s is wrong", "b"), SYNRL_INVALID);
    ck_assert_str_eq(core->message, "x.csv:3: b is wrong");
    csv_end(&csv);
}

TEST(fields_are_printable_in_messages) {
    char text[CSV_TEXT_SIZE];
    static const char field[] = "a\x1b\xc3\xa4z", longer[] = "123456789012345678901234567890";
    ck_assert_str_eq(csv_text((struct csv_field){field, field + 5, false}, text), "a???z");
    ck_assert_str_eq(csv_text((struct csv_field){longer, longer + 30, false}, text),
                     "1234567890123456789012345678...");
    ck_assert_str_eq(csv_text((struct csv_field){longer, longer + 28, false}, text),
                     "1234567890123456789012345678");
    ck_assert_str_eq(csv_text((struct csv_field){field, field, false}, text), "");
}

static synrl_status attempt(struct core *short_core) {
    static const char text[] = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\n1\n";
    struct csv csv = csv_begin(short_core, "x.csv", text, strlen(text));
    bool any = true;
    synrl_status status = SYNRL_OK;
    while (status == SYNRL_OK && any) {
        status = csv_next(&csv, &any);
    }
    csv_end(&csv);
    return status;
}

TEST(memory_that_runs_out_leaves_nothing) {
    test_short_memory(attempt);
}
