/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* locale_t */
#include "header.h"

#include <string.h>

#include "text.h"

#define TEXT(fields, c) (ITEMS(struct field, *(fields))[c].text)

bool header_is_likely(const struct selection *selection, const struct number_format *format,
                      const struct buffer *fields) {
    const size_t n = N_ITEMS(struct field, *fields);
    size_t n_words = 0;
    float value;
    if (columns_are_named(selection, fields)) {
        return true;
    }
    for (size_t c = 0; c < n; c++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", c + 1);
        if (number_read(format, &ITEMS(struct field, *fields)[c], &value)) {
            return false;
        }
        n_words += !text_is_missing(TEXT(fields, c)) &&
                   (selection->label == NULL || strcmp(selection->label, number) != 0);
    }
    return n_words > 0 || n < 2;
}

/* 0, 1, 2 ... or 1, 2, 3 ... */
static bool counts_columns(const struct buffer *fields) {
    uint64_t first = 0, value;
    for (size_t c = 0; c < N_ITEMS(struct field, *fields); c++) {
        if (!text_is_index(TEXT(fields, c), &value) || (c == 0 && value > 1)) {
            return false;
        }
        first = c == 0 ? value : first;
        if (value != first + c) {
            return false;
        }
    }
    return true;
}

/* Whether the inputs of numbers, at least three, are integers at equal distances, such as
 * wavelengths or years. */
static bool measures_columns(const struct columns *columns, const struct buffer *fields) {
    uint64_t last = 0, step = 0, value;
    size_t n = 0;
    for (size_t c = 0; c < columns->n; c++) {
        if (COLUMN_ROLE(columns, c) != ROLE_NUMBER) {
            continue;
        }
        if (!text_is_index(TEXT(fields, c), &value) || (n > 0 && value <= last) ||
            (n > 1 && value - last != step)) {
            return false;
        }
        step = value - last;
        last = value;
        n++;
    }
    return n > 2;
}

const char *header_doubt(const struct selection *selection, const struct columns *columns,
                         const struct buffer *fields) {
    if (columns->names.n == 0) {
        return counts_columns(fields) || measures_columns(columns, fields)
                   ? "its numbers are evenly spaced"
                   : NULL;
    }
    const bool has_numbers = columns->targets.n > 0 || N_ITEMS(struct word_column, columns->words) <
                                                           N_ITEMS(size_t, columns->inputs);
    return has_numbers || columns_are_named(selection, fields)
               ? NULL
               : "every column has words, and no parameter names one";
}
