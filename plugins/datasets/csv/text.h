/* SPDX-License-Identifier: MIT */
/* What a file or a field of it is, as text. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <synrl/host.h>

/* Refuses a file that is not text in UTF-8, saying what it is. Its bytes are followed by a 0. */
synrl_status text_check(const synrl_host *host, const char *path, const unsigned char *bytes,
                        size_t n);

/* The length of the byte order mark at the beginning: 3 or 0. */
size_t text_mark(const unsigned char *bytes, size_t n);

/* Whether a field stands for no value: empty, or one of the words that programs write for it. */
bool text_is_missing(const char *field);

/* Whether a field is a non-negative integer of at most 9 digits. */
bool text_is_index(const char *field, uint64_t *value);

#endif
