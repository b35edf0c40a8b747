/* SPDX-License-Identifier: MIT */
/* Text in columns. All characters count as equally wide; wide and combining ones are rare here. */
#include "base/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct table *table) {
    if (table->n_cells < table->capacity) {
        return true;
    }
    const size_t capacity = table->capacity > 0 ? 2 * table->capacity : 64;
    char **cells = realloc(table->cells, capacity * sizeof *cells);
    if (cells == NULL) {
        return false;
    }
    table->cells = cells;
    table->capacity = capacity;
    return true;
}

void table_add(struct table *table, const char *format, ...) {
    char *cell = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (table->has_failed || !make_room(table) || vasprintf(&cell, format, arguments) < 0) {
        table->has_failed = true;
    } else {
        for (char *c = cell; *c != '\0'; c++) {
            *c = (char)((unsigned char)*c < ' ' || *c == '\x7f' ? '?' : *c);
        }
        table->cells[table->n_cells++] = cell;
    }
    va_end(arguments);
}

/* The number of UTF-8 characters. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

/* The width of each column, freed by free(); NULL where there is no memory. */
static int *measure(const struct table *table, size_t n_columns) {
    int *widths = calloc(n_columns + 1, sizeof *widths);
    for (size_t i = 0; widths != NULL && i < table->n_cells; i++) {
        const int width = width_of(table->cells[i]);
        if (width > widths[i % n_columns] && width <= TABLE_WIDE) {
            widths[i % n_columns] = width;
        }
    }
    return widths;
}

/* Prints a row, without spaces after its last cell that is not empty. */
static size_t last_of_row(const struct table *table, size_t first, size_t n_columns) {
    size_t last = first;
    for (size_t i = first; i < first + n_columns && i < table->n_cells; i++) {
        last = table->cells[i][0] != '\0' ? i : last;
    }
    return last;
}

bool table_print(const struct table *table, FILE *stream, const char *indent) {
    const size_t n_columns = strlen(table->alignments);
    int *widths = !table->has_failed ? measure(table, n_columns) : NULL;
    if (widths == NULL) {
        return false;
    }
    for (size_t first = 0; first < table->n_cells; first += n_columns) {
        const size_t last = last_of_row(table, first, n_columns);
        fputs(indent, stream);
        for (size_t i = first; i <= last; i++) {
            const bool is_right = table->alignments[i - first] == 'r';
            const int missing = widths[i - first] - width_of(table->cells[i]);
            const int gap = missing > 0 ? missing : 0;
            fprintf(stream, "%s%*s%s%*s", i > first ? "  " : "", is_right ? gap : 0, "",
                    table->cells[i], is_right || i == last ? 0 : gap, "");
        }
        fputc('\n', stream);
    }
    free(widths);
    return true;
}

void table_free(struct table *table) {
    for (size_t i = 0; i < table->n_cells; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    *table = (struct table){.alignments = table->alignments};
}
