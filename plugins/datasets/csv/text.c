/* SPDX-License-Identifier: MIT */
/* Text, by its bytes. */
#define _GNU_SOURCE /* memmem */
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
        {"\x1F\x8B", "gzip-compressed: unpack it by gunzip", 2},
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

/* The offset of the first byte that is not UTF-8; n if all are. */
static size_t find_invalid(const unsigned char *bytes, size_t n) {
    size_t i = 0;
    while (i < n) {
        uint64_t eight;
        if (n - i >= sizeof eight) {
            memcpy(&eight, bytes + i, sizeof eight);
            if ((eight & 0x8080808080808080U) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        const size_t length = synrl_utf8_character((const char *)bytes + i, n - i);
        if (length == 0) {
            return i;
        }
        i += length;
    }
    return n;
}

static size_t line_of(const unsigned char *bytes, size_t offset) {
    size_t line = 1;
    for (size_t i = 0; i < offset; i++) {
        line += bytes[i] == '\n';
    }
    return line;
}

static const char mark[] = "\xEF\xBB\xBF";

size_t text_mark(const unsigned char *bytes, size_t n) {
    return n >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
}

synrl_status text_check(const synrl_host *host, const char *path, const unsigned char *bytes,
                        size_t n) {
    const char *format = other_format(bytes, n);
    if (format != NULL) {
        return host->fail(host, SYNRL_INVALID, "%s: is %s", path, format);
    }
    const unsigned char *zero = memchr(bytes, 0, n);
    if (zero != NULL) {
        return host->fail(host, SYNRL_INVALID,
                          "%s: a zero byte at offset %zu: must be text in UTF-8", path,
                          (size_t)(zero - bytes));
    }
    const size_t invalid = find_invalid(bytes, n), start = text_mark(bytes, n);
    if (invalid < n) {
        return host->fail(
            host, SYNRL_INVALID,
            "%s:%zu: a byte 0x%02x that is not UTF-8: convert the file, for example by "
            "iconv -f latin1 -t utf-8",
            path, line_of(bytes, invalid), bytes[invalid]);
    }
    const unsigned char *other = memmem(bytes + start, n - start, mark, 3);
    if (other != NULL) {
        return host->fail(host, SYNRL_INVALID,
                          "%s:%zu: a byte order mark: must be at the beginning of the file only",
                          path, line_of(bytes, (size_t)(other - bytes)));
    }
    return SYNRL_OK;
}

bool text_is_missing(const char *field) {
    static const char *const words[] = {
        "",    "nan",  "-nan", "+nan", "inf",  "-inf", "+inf",    "infinity", "-infinity", "na",
        "n/a", "#n/a", "<na>", "null", "none", "nil",  "missing", "?",        "-",         "."};
    for (size_t w = 0; w < SYNRL_COUNT(words); w++) {
        if (strcasecmp(field, words[w]) == 0) {
            return true;
        }
    }
    return false;
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
