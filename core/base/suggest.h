/* "Did you mean". */
#ifndef SUGGEST_H
#define SUGGEST_H

#include <stddef.h>

/* The nearest of n words to `word`, or NULL where none is near enough. */
const char *suggest(const char *word, size_t n, const char *const *words);

#endif
