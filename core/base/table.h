/* SPDX-License-Identifier: MIT */
/* Text in columns, for people. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table {
    const char *alignments; /* a letter per column: 'l', or 'r' for numbers */
    size_t n_cells, capacity;
    char **cells;    /* row by row */
    bool has_failed; /* there was no memory for a cell */
};

/* Adds the next cell; after the last of a row the next row begins. Control characters, which a
 * terminal would obey, become '?'. */
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints the rows, each after `indent`, with two spaces between columns. A column is as wide as its
 * widest cell, not counting cells of more than TABLE_WIDE characters, which shift the rest of their
 * row. False, and nothing is printed, where there was no memory for all of it. */
enum { TABLE_WIDE = 100 };
bool table_print(const struct table *table, FILE *stream, const char *indent)
    __attribute__((warn_unused_result));
/* Frees the cells, and leaves an empty table of the same columns. */
void table_free(struct table *table);

#endif
