/* SPDX-License-Identifier: MIT */
/* Text in UTF-8 (RFC 3629), and bytes that may not be. Used by the core, and by plugins that read
 * text. All [any]. */
#ifndef SYNRL_UTF8_H
#define SYNRL_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The length of the character at the beginning of n bytes; 0 if there is none. */
static inline size_t synrl_utf8_character(const char *text, size_t n) {
    const unsigned char *bytes = (const unsigned char *)text;
    const unsigned char first = n > 0 ? bytes[0] : 0xFF;
    const size_t length = first < 0x80   ? 1
                          : first < 0xC2 ? 0
                          : first < 0xE0 ? 2
                          : first < 0xF0 ? 3
                          : first < 0xF5 ? 4
                                         : 0;
    if (length > n) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    const bool is_overlong =
        (first == 0xE0 && bytes[1] < 0xA0) || (first == 0xF0 && bytes[1] < 0x90);
    const bool is_outside =
        (first == 0xED && bytes[1] > 0x9F) || (first == 0xF4 && bytes[1] > 0x8F);
    return is_overlong || is_outside ? 0 : length;
}

/* Where to cut a text of n bytes that was truncated: before a character of which only the first
 * bytes are there. */
static inline size_t synrl_utf8_cut(const char *text, size_t n) {
    size_t start = n;
    while (start > 0 && n - start < 4) {
        start--;
        if (((unsigned char)text[start] & 0xC0U) == 0xC0U) {
            return synrl_utf8_character(text + start, n - start) == n - start ? n : start;
        }
        if (((unsigned char)text[start] & 0x80U) == 0) {
            return n;
        }
    }
    return n;
}

#ifdef __cplusplus
}
#endif
#endif
