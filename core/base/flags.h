/* SPDX-License-Identifier: MIT */
/* Tables of command-line flags: one row has a flag's name, the field for its value, the values
 * accepted and its meaning. The parser, help, the manual page, completion and the words that call
 * the program again use the same rows. */
#ifndef FLAGS_H
#define FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/words.h"

/* The type of the field that a flag sets. */
enum flag_type {
    FLAG_IS_SWITCH,  /* bool */
    FLAG_IS_TEXT,    /* const char * */
    FLAG_IS_LIST,    /* struct flag_list: the flag may be repeated */
    FLAG_IS_INTEGER, /* struct flag_integer */
};
struct flag_list {
    size_t n;
    const char **values; /* the caller provides room for as many as there are words */
};
struct flag_integer {
    bool is_given;
    uint64_t value;
};

enum { FLAG_CHOICES = 32 };

struct flag {
    const char *name; /* "--runs", or "-o" */
    enum flag_type type;
    size_t offset;           /* of the field */
    const char *placeholder; /* for the value, in help: "DIR"; NULL for a switch */
    const char *meaning;     /* in help: a phrase; `words` in backquotes are bold in the manual
                              * page */
    uint64_t min, max;       /* of an integer */
    /* The words accepted for a text, ending with NULL, at most FLAG_CHOICES; NULL: any. */
    const char *(*choice)(size_t i);
    const char *alias; /* another name, or NULL */
    bool is_hidden;    /* for calls that the program makes itself: not in help */
};

/* The type and offset of a row; a field of another type does not compile:
 *
 *     {"--json", FLAG_SWITCH(struct request, json), NULL, "print JSON"} */
#define FLAG_AT(request, field) (&((request *)0)->field)
#define FLAG_OFFSET(request, field, check) (offsetof(request, field) + 0 * sizeof(check))
#define FLAG_SWITCH(request, field) \
    .type = FLAG_IS_SWITCH,         \
    .offset = FLAG_OFFSET(request, field, _Generic(FLAG_AT(request, field), bool * : 1))
#define FLAG_TEXT(request, field) \
    .type = FLAG_IS_TEXT,         \
    .offset = FLAG_OFFSET(request, field, _Generic(FLAG_AT(request, field), const char ** : 1))
#define FLAG_LIST(request, field) \
    .type = FLAG_IS_LIST,         \
    .offset =                     \
        FLAG_OFFSET(request, field, _Generic(FLAG_AT(request, field), struct flag_list * : 1))
#define FLAG_INTEGER(request, field) \
    .type = FLAG_IS_INTEGER,         \
    .offset =                        \
        FLAG_OFFSET(request, field, _Generic(FLAG_AT(request, field), struct flag_integer * : 1))

/* The row of this name; NULL: none. */
const struct flag *flag_find(size_t n, const struct flag *flags, const char *name);
/* Sets the field of a request; value is NULL for a switch. False, with the values accepted in
 * `problem`, where the value is not accepted. */
enum { FLAG_PROBLEM_SIZE = 512 };
bool flag_set(const struct flag *flag, void *request, const char *value,
              char problem[FLAG_PROBLEM_SIZE]);
/* Adds the words that give the fields their present values, except those that are unset. */
void flags_write(size_t n, const struct flag *flags, const void *request, struct words *words);

#endif
