/* SPDX-License-Identifier: MIT */

#include "words.h"

#include <stdbool.h>

/* FNV-1a. */
static size_t hash(const char *text, size_t length) {
    uint64_t sum = 0xcbf29ce484222325U;
    for (size_t i = 0; i < length; i++) {
        sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3U;
    }
    return (size_t)(sum ^ sum >> 32);
}

size_t words_count(const struct words *words) {
    return N_ITEMS(struct word, words->list);
}

/* Where the word is in the table, or would be. */
static uint32_t *find(const struct words *words, const char *text, size_t length) {
    uint32_t *table = ITEMS(uint32_t, words->table);
    const size_t mask = N_ITEMS(uint32_t, words->table) - 1;
    for (size_t at = hash(text, length) & mask;; at = (at + 1) & mask) {
        if (table[at] == 0) {
            return &table[at];
        }
        const char *other = WORD_TEXT(words, table[at] - 1);
        if (strncmp(other, text, length) == 0 && other[length] == '\0') {
            return &table[at];
        }
    }
}

/* Doubles the table when it is half full. */
static synrl_status make_room(const synrl_host *host, struct words *words) {
    const size_t n = words_count(words), size = N_ITEMS(uint32_t, words->table);
    if (2 * (n + 1) <= size) {
        return SYNRL_OK;
    }
    const size_t larger = size > 0 ? 2 * size : 64;
    buffer_free(host, &words->table);
    SYNRL_TRY(buffer_reserve(host, &words->table, larger * sizeof(uint32_t)));
    words->table.n = larger * sizeof(uint32_t);
    for (size_t w = 0; w < n; w++) {
        const char *text = WORD_TEXT(words, w);
        *find(words, text, strlen(text)) = (uint32_t)w + 1;
    }
    return SYNRL_OK;
}

synrl_status words_add(const synrl_host *host, struct words *words, const char *text, size_t length,
                       size_t line, int32_t *number) {
    SYNRL_TRY(make_room(host, words));
    uint32_t *place = find(words, text, length);
    if (*place == 0) {
        const struct word word = {.text = words->texts.n, .line = line};
        if (words_count(words) >= INT32_MAX) {
            return host->fail(host, SYNRL_INVALID, "more than %d distinct words", INT32_MAX);
        }
        SYNRL_TRY(buffer_append(host, &words->texts, text, length));
        SYNRL_TRY(buffer_append(host, &words->texts, "", 1));
        SYNRL_TRY(buffer_append(host, &words->list, &word, sizeof word));
        *place = (uint32_t)words_count(words);
    }
    *number = (int32_t)(*place - 1);
    WORD(words, *number).count++;
    return SYNRL_OK;
}

void words_list(const struct words *words, const char **texts) {
    for (size_t w = 0; w < words_count(words); w++) {
        texts[w] = WORD_TEXT(words, w);
    }
}

void words_free(const synrl_host *host, struct words *words) {
    buffer_free(host, &words->texts);
    buffer_free(host, &words->list);
    buffer_free(host, &words->table);
}
