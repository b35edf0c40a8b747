/* SPDX-License-Identifier: MIT */
/* "Did you mean": the nearest word by edit distance, a swap of neighbours counting once (optimal
 * string alignment). */
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 64, NEAR_ENOUGH = 2 };

static size_t smallest(size_t a, size_t b, size_t c) {
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b) {
    size_t rows[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= n_a; i++) {
        for (size_t j = 0; j <= n_b; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            const size_t replaced = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            rows[i][j] = smallest(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                rows[i - 2][j - 2] + 1 < rows[i][j]) {
                rows[i][j] = rows[i - 2][j - 2] + 1;
            }
        }
    }
    return rows[n_a][n_b];
}

const char *suggest(const char *word, size_t n, const char *const *words) {
    const size_t length = strlen(word);
    const char *nearest = NULL;
    size_t least = (length > 5 ? NEAR_ENOUGH + 1 : length > 2 ? NEAR_ENOUGH : 1) + 1;
    for (size_t i = 0; length <= WORD_MAX && i < n; i++) {
        const size_t other = strlen(words[i]);
        const size_t d = other <= WORD_MAX ? distance(word, length, words[i], other) : least;
        if (d < least && d < length) {
            least = d;
            nearest = words[i];
        }
    }
    return nearest;
}

const char *suggest_text(const char *word, size_t n, const char *const *words,
                         char text[SUGGESTION_SIZE]) {
    const char *nearest = suggest(word, n, words);
    text[0] = '\0';
    if (nearest != NULL) {
        snprintf(text, SUGGESTION_SIZE, ", did you mean \"%s\"?", nearest);
    }
    return text;
}
