/* SPDX-License-Identifier: MIT */
/* Text, by its bytes. */
#define _POSIX_C_SOURCE 200809L /* strcasecmp */
#include "text.h"

#include <string.h>
#include <strings.h>
#include <synrl/plugin.h>
#include <synrl/utf8.h>

/* What a file is that begins with these bytes, and what is to be done about it; else NULL. */
static const char *other_format(const unsigned char *bytes, size_t n) {
    static const struct {
        const char *magic, *format;
        size_t length;
    } formats[] = {
        {"PK\x03\x04", "a zip archive or a spreadsheet: unpack it, or export it as CSV", 4},
        {"\xFD"
         "7zXZ",
         "xz-compressed: unpack it by unxz", 5},
        {"BZh", "bzip2-compressed: unpack it by bunzip2", 3},
        {"\x28\xB5\x2F\xFD", "zstd-compressed: unpack it by unzstd", 4},
        {"\xFF\xFE", "text in UTF-16: convert it to UTF-8", 2},
        {"\xFE\xFF", "text in UTF-16: convert it to UTF-8", 2},
    };
    for (size_t f = 0; f < SYNRL_COUNT(formats); f++) {
        const size_t length = formats[f].length;
        const bool is_text =
            strcmp(formats[f].magic, "BZh") == 0 && (n < 10 || memcmp(bytes + 4, "1AY&SY", 6) != 0);
        if (n >= length && memcmp(bytes, formats[f].magic, length) == 0 && !is_text) {
            return formats[f].format;
        }
    }
    return NULL;
}

static const char mark[] = "\xEF\xBB\xBF";

size_t text_mark(const unsigned char *bytes, size_t n) {
    return n >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
}

/* The first byte from `i` on that does not begin a character other than 0 and a byte order mark; n
 * if all do. */
static size_t find_odd(const unsigned char *bytes, size_t i, size_t n) {
    static const uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
    while (i < n) {
        uint64_t eight;
        if (n - i >= sizeof eight) {
            memcpy(&eight, bytes + i, sizeof eight);
            if (((eight | (eight - ones)) & tops) == 0) { /* no top bit, and no 0 */
                i += sizeof eight;
                continue;
            }
        }
        const size_t length = synrl_utf8_character((const char *)bytes + i, n - i);
        if (length == 0 || bytes[i] == 0 || (length == 3 && memcmp(bytes + i, mark, 3) == 0)) {
            return i;
        }
        i += length;
    }
    return n;
}

static size_t line_of(const struct text *text, size_t at) {
    size_t line = text->line;
    for (size_t i = text->line_at; i < at; i++) {
        line += text->bytes[i] == '\n';
    }
    return line;
}

/* Whether n bytes are the beginning of a character of which the rest may follow. */
static bool is_cut(const unsigned char *bytes, size_t n) {
    const size_t length = bytes[0] < 0xC2 || bytes[0] > 0xF4 ? 1
                          : bytes[0] < 0xE0                  ? 2
                          : bytes[0] < 0xF0                  ? 3
                                                             : 4;
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xC0U) != 0x80U) {
            return false;
        }
    }
    return n < length;
}

synrl_status text_check(const synrl_host *host, const char *path, const struct text *text,
                        size_t *checked) {
    const bool is_first = text->n_before == 0 && text->first == 0;
    const char *format = is_first ? other_format(text->bytes, text->n) : NULL;
    const size_t start = is_first ? text_mark(text->bytes, text->n) : text->first;
    if (format != NULL) {
        return host->fail(host, SYNRL_INVALID, "%s: is %s", path, format);
    }
    const size_t odd = find_odd(text->bytes, start, text->n);
    *checked = odd;
    if (odd == text->n || (!text->is_whole && is_cut(text->bytes + odd, text->n - odd))) {
        return SYNRL_OK;
    }
    if (text->bytes[odd] == 0) {
        return host->fail(host, SYNRL_INVALID,
                          "%s: a zero byte at offset %zu: must be text in UTF-8", path,
                          text->n_before + odd);
    }
    if (text_mark(text->bytes + odd, text->n - odd) > 0) {
        return host->fail(host, SYNRL_INVALID,
                          "%s:%zu: a byte order mark: must be at the beginning of the file only",
                          path, line_of(text, odd));
    }
    return host->fail(host, SYNRL_INVALID,
                      "%s:%zu: a byte 0x%02x that is not UTF-8: convert the file, for example by "
                      "iconv -f latin1 -t utf-8",
                      path, line_of(text, odd), text->bytes[odd]);
}

static bool is_among(const char *field, size_t n, const char *const *words) {
    for (size_t w = 0; w < n; w++) {
        if (strcasecmp(field, words[w]) == 0) {
            return true;
        }
    }
    return false;
}

bool text_is_missing_word(const char *field) {
    static const char *const words[] = {"", "nan", "na", "n/a", "#n/a", "<na>", "null", "?"};
    return is_among(field, SYNRL_COUNT(words), words);
}

bool text_is_missing(const char *field) {
    static const char *const words[] = {
        "",    "nan",  "-nan", "+nan", "inf",  "-inf", "+inf",    "infinity", "-infinity", "na",
        "n/a", "#n/a", "<na>", "null", "none", "nil",  "missing", "?",        "-",         "."};
    return is_among(field, SYNRL_COUNT(words), words);
}

bool text_is_index(const char *field, uint64_t *value) {
    const size_t length = strlen(field);
    if (length == 0 || length > 9 || strspn(field, "0123456789") != length) {
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        *value = 10 * *value + (uint64_t)(field[i] - '0');
    }
    return true;
}
