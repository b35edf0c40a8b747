/* SPDX-License-Identifier: MIT */
/* "Did you mean". */
#ifndef SUGGEST_H
#define SUGGEST_H

#include <stddef.h>

/* The nearest of n words to `word`, or NULL where none is near enough. */
const char *suggest(const char *word, size_t n, const char *const *words);
/* Writes the end of a message, ", did you mean "x"?" or "" where none is near enough, and returns
 * text. */
enum { SUGGESTION_SIZE = 96 };
const char *suggest_text(const char *word, size_t n, const char *const *words,
                         char text[SUGGESTION_SIZE]);

#endif
