/* SPDX-License-Identifier: MIT */
/* The words of a command line. Invariant: list[n] is NULL unless list is. */
#include "base/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct words *words) {
    if (words->n + 1 < words->capacity) {
        return true;
    }
    const size_t capacity = words->capacity > 0 ? 2 * words->capacity : 32;
    char **list = realloc(words->list, capacity * sizeof *list);
    if (list == NULL) {
        return false;
    }
    words->list = list;
    words->capacity = capacity;
    return true;
}

void words_add(struct words *words, const char *format, ...) {
    char *word = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (words->has_failed || !make_room(words) || vasprintf(&word, format, arguments) < 0) {
        words->has_failed = true;
    } else {
        words->list[words->n++] = word;
    }
    if (words->list != NULL) {
        words->list[words->n] = NULL;
    }
    va_end(arguments);
}

static bool is_plain(const char *word) {
    return word[0] != '\0' && strspn(word,
                                     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-=.,:/+@%") == strlen(word);
}

static char *quote(char *end, const char *word) {
    if (is_plain(word)) {
        return stpcpy(end, word);
    }
    *end++ = '\'';
    for (const char *c = word; *c != '\0'; c++) {
        end = *c == '\'' ? stpcpy(end, "'\\''") : (*end = *c, end + 1);
    }
    return stpcpy(end, "'");
}

char *words_line(const struct words *words, const char *program) {
    size_t size = strlen(program) + 1;
    for (size_t i = 0; i < words->n; i++) {
        size += 4 * strlen(words->list[i]) + 3;
    }
    char *line = malloc(size);
    if (line == NULL) {
        return NULL;
    }
    char *end = stpcpy(line, program);
    for (size_t i = 0; i < words->n; i++) {
        *end++ = ' ';
        end = quote(end, words->list[i]);
    }
    *end = '\0';
    return line;
}

void words_free(struct words *words) {
    for (size_t i = 0; i < words->n; i++) {
        free(words->list[i]);
    }
    free(words->list);
    *words = (struct words){.n = 0};
}
