/* SPDX-License-Identifier: MIT */
/* Rows of comma-separated values, one per line; fields may be quoted, as in RFC 4180. */
#ifndef CSV_H
#define CSV_H

#include "base/core.h"

struct csv_field {
    const char *start, *end; /* without surrounding blanks or quotes; not terminated */
    bool is_quoted;          /* a quote within is doubled */
};

struct csv {
    struct core *core;
    const char *path; /* of the file, for messages */
    size_t line;      /* number of the row's line, from 1 */
    size_t length;    /* of the line */
    size_t n_fields;
    struct csv_field *fields;
    bool is_cut; /* the text ends within a line, which is not a row */
    const char *next, *end;
    size_t capacity;
};

/* A reader of a text, which must outlive it. A byte order mark at its beginning is skipped. */
struct csv csv_begin(struct core *core, const char *path, const char *text, size_t size);
/* Reads the next row, skipping empty lines; *any = false where there is none. */
synrl_status csv_next(struct csv *csv, bool *any);
void csv_end(struct csv *csv);

/* Fails with "PATH:LINE: message". */
synrl_status csv_fail(const struct csv *csv, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool csv_is(struct csv_field field, const char *text);
/* A field for a message: printable, and truncated if it is long. Returns text. */
enum { CSV_TEXT_SIZE = 32 };
const char *csv_text(struct csv_field field, char text[CSV_TEXT_SIZE]);

#endif
