/* SPDX-License-Identifier: MIT */
/* The distinct texts of a column, numbered as they appear. */
#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

#include "../buffer.h"

struct word {
    size_t text;  /* offset in `texts` */
    size_t line;  /* where it appears first */
    size_t count; /* how often it appears */
};

struct words {
    struct buffer texts; /* terminated */
    struct buffer list;  /* struct word */
    struct buffer table; /* uint32_t, open addressing: 0, or 1 + the number of a word */
};

#define WORD(words, w) (ITEMS(struct word, (words)->list)[w])
#define WORD_TEXT(words, w) ((const char *)(words)->texts.bytes + WORD(words, w).text)

/* The number of a word, which is added if it is new. */
synrl_status words_add(const synrl_host *host, struct words *words, const char *text, size_t length,
                       size_t line, int32_t *number);
size_t words_count(const struct words *words);
/* The texts of all, into classes [words_count]. */
void words_list(const struct words *words, const char **texts);
void words_free(const synrl_host *host, struct words *words);

#endif
