/* Flags of a command line by table: one row says what a flag is called, where its value belongs,
 * what it may be and what it means. Reading, help, the manual page, completion and the words that
 * call the program again come from the same rows. */
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
    FLAG_IS_LIST,    /* struct flag_list: the flag may be given more than once */
    FLAG_IS_INTEGER, /* struct flag_integer */
};
struct flag_list {
    size_t n;
    const char **values; /* the caller makes room for as many as there are words */
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
    const char *meaning;     /* in help: a phrase; `words` in backquotes become bold in the page */
    uint64_t min, max;       /* of an integer */
    /* The words that a text may be, one by one and then NULL; NULL: any. At most FLAG_CHOICES. */
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
/* Sets the field of a request. A switch: value is NULL. False, with what the value must be in
 * `problem`, where it is not accepted. */
enum { FLAG_PROBLEM_SIZE = 512 };
bool flag_set(const struct flag *flag, void *request, const char *value,
              char problem[FLAG_PROBLEM_SIZE]);
/* The words that set the fields to what they are, as far as they are given. */
void flags_write(size_t n, const struct flag *flags, const void *request, struct words *words);

#endif
