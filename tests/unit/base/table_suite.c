/* SPDX-License-Identifier: MIT */
/* Columns in line, whatever the cells. */
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"

static struct table table;
static char *printed;

static void check_printed(const char *wanted) {
    size_t size;
    FILE *stream = open_memstream(&printed, &size);
    ck_assert(table_print(&table, stream, "> "));
    fclose(stream);
    ck_assert_str_eq(printed, wanted);
    free(printed);
}

static void free_table(void) {
    table_free(&table);
}

SUITE("table", .teardown = free_table);

TEST(columns_are_aligned) {
    table = (struct table){.alignments = "lrl"};
    static const char *const cells[] = {"name", "n", "meaning", "x", "10", "ten", "yyyyy", "3", ""};
    for (size_t i = 0; i < 9; i++) {
        table_add(&table, "%s", cells[i]);
    }
    check_printed(
        "> name    n  meaning\n"
        "> x      10  ten\n"
        "> yyyyy   3\n");
}

/* Two bytes are one character. */
TEST(characters_count_not_bytes) {
    table = (struct table){.alignments = "ll"};
    table_add(&table, "%s", "\xc3\xa4\xc3\xb6");
    table_add(&table, "a");
    table_add(&table, "abc");
    table_add(&table, "b");
    check_printed("> \xc3\xa4\xc3\xb6   a\n> abc  b\n");
}

TEST(nothing_reaches_the_terminal_that_it_would_obey) {
    table = (struct table){.alignments = "l"};
    table_add(&table, "a\x1b[2Jb\n\x7f");
    check_printed("> a?[2Jb??\n");
}

/* One cell of 100 characters widens its column, one of 101 does not. */
TEST(a_wide_cell_shifts_only_its_row) {
    for (int width = TABLE_WIDE; width <= TABLE_WIDE + 1; width++) {
        char wide[TABLE_WIDE + 2], wanted[512];
        memset(wide, 'w', (size_t)width);
        wide[width] = '\0';
        table = (struct table){.alignments = "ll"};
        table_add(&table, "%s", wide);
        table_add(&table, "a");
        table_add(&table, "x");
        table_add(&table, "b");
        snprintf(wanted, sizeof wanted, "> %s  a\n> %-*s  b\n", wide,
                 width <= TABLE_WIDE ? width : 1, "x");
        check_printed(wanted);
        table_free(&table);
    }
}

TEST(many_cells_and_none) {
    table = (struct table){.alignments = "r"};
    check_printed("");
    for (int i = 0; i < 1000; i++) {
        table_add(&table, "%d", i);
    }
    ck_assert_uint_eq(table.n_cells, 1000);
    ck_assert_str_eq(table.cells[999], "999");
}
