/* SPDX-License-Identifier: MIT */
/* What a file or a field of it is, as text. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <synrl/host.h>

/* A piece of a file: [n] bytes, followed by a 0. */
struct text {
    const unsigned char *bytes;
    size_t n;
    size_t first;    /* the first byte that has not been checked */
    size_t n_before; /* bytes of the file in front of it */
    bool is_whole;   /* nothing of the file follows */
    size_t line_at;  /* the byte whose line is `line` */
    size_t line;
};

/* Refuses what is not text in UTF-8, saying what it is. *checked is where to continue: the end, or
 * the beginning of a character of which the rest follows. */
synrl_status text_check(const synrl_host *host, const char *path, const struct text *text,
                        size_t *checked);

/* The length of the byte order mark at the beginning: 3 or 0. */
size_t text_mark(const unsigned char *bytes, size_t n);

/* Whether a field stands for no value: empty, or one of the words that programs write for it. */
bool text_is_missing(const char *field);

/* The same for a field that may be a word: "none", "-" and the infinities are not missing. */
bool text_is_missing_word(const char *field);

/* Whether a field is a non-negative integer of at most 9 digits. */
bool text_is_index(const char *field, uint64_t *value);

#endif
