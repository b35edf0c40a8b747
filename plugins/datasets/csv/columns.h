/* SPDX-License-Identifier: MIT */
/* What the columns of a table are for. A parameter lists columns with commas between: by name, else
 * by number ("3", "-1" for the last); "2..5" are four, and "#3" is always a number. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>

#include "reader.h"

/* Lists of columns, as they are given; "" or NULL: none. */
struct selection {
    const char *label, *targets, *inputs, *ignore, *one_hot;
};

/* What the fields of a column are read as; a target that is an input too has the role of the input.
 */
enum role { ROLE_FREE, ROLE_NUMBER, ROLE_WORD, ROLE_TARGET, ROLE_LABEL, ROLE_IGNORED };

/* An input of words. */
struct word_column {
    size_t column;
    const char
        *words; /* [length], with '|' between: all that there may be; NULL: those of the file */
    size_t length;
};

struct columns {
    const synrl_host *host;
    const char *path;
    size_t n, first_line;  /* of the first record */
    struct buffer texts;   /* of the header, terminated */
    struct buffer names;   /* size_t: where each begins; empty without a header */
    struct buffer roles;   /* [n] bytes: enum role */
    struct buffer inputs;  /* size_t: the columns, in order */
    struct buffer targets; /* the same */
    struct buffer words;   /* struct word_column */
    size_t label;          /* n: none */
};

#define COLUMN_ROLE(columns, column) ((enum role)(columns)->roles.bytes[column])

/* Takes the record as the header. */
synrl_status columns_name(struct columns *columns, const struct buffer *fields);
/* Assigns the n columns. */
synrl_status columns_assign(struct columns *columns, const struct selection *selection);
/* Whether a field of the record is named in the selection. */
bool columns_are_named(const struct selection *selection, const struct buffer *fields);
/* The column's name, or NULL. */
const char *columns_name_of(const struct columns *columns, size_t column);
/* "column 3 (\"width\")", in `out`. */
const char *columns_describe(const struct columns *columns, size_t column, char *out, size_t size);

#endif
