/* SPDX-License-Identifier: MIT */
/* The words of a command line: a growing list, to start a process or to be shown. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* {0} is an empty list. */
struct words {
    size_t n, capacity;
    char **list;     /* ends with NULL; is NULL while it is empty */
    bool has_failed; /* a word is missing for lack of memory */
};
/* Adds a copy. Without memory the list stays as it is, and has_failed is set. */
void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `program` and the words, quoted for a shell; freed by free(); NULL: no memory. */
char *words_line(const struct words *words, const char *program);
/* Frees the words; the list is empty afterwards. */
void words_free(struct words *words);

#endif
