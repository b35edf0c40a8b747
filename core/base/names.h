/* SPDX-License-Identifier: MIT */
/* Lists of names in order. */
#ifndef NAMES_H
#define NAMES_H

#include <stdlib.h>
#include <string.h>

static inline int names_compare(const void *a, const void *b) {
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* Puts them in the order of their bytes. */
static inline void names_sort(size_t n, const char **names) {
    if (n > 1) {
        qsort(names, n, sizeof *names, names_compare);
    }
}

#endif
