/* The words of a command line: a list that grows, for a process to be started and to be quoted. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* {0} is an empty list. */
struct words {
    size_t n, capacity;
    char **list;     /* NULL after the last; NULL while nothing was added */
    bool has_failed; /* a word is missing: there was no memory for it */
};
/* Adds a copy. Where there is no memory, the list is the words before and has_failed is set. */
void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* PROGRAM and the words as a shell reads them, freed by free(); NULL: no memory. */
char *words_line(const struct words *words, const char *program);
/* Leaves an empty list. */
void words_free(struct words *words);

#endif
