/* SPDX-License-Identifier: MIT */
/* JSON as text. jansson writes all numbers of a text with the same number of digits, of which only
 * 17 are enough for each; so the text is rewritten in a second pass. Invariant: the writing
 * position is never after the reading one, since a number is only replaced by a shorter one. */
#include "base/json.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "synrl/utf8.h"

/* The end of the string or number that begins here, or else the next character. */
static const char *piece_end(const char *text) {
    if (*text == '"') {
        for (text++; *text != '"'; text++) {
            text += *text == '\\';
        }
        return text + 1;
    }
    const bool is_number = *text == '-' || isdigit((unsigned char)*text) != 0;
    return text + (is_number ? strspn(text, "+-.0123456789eE") : 1);
}

/* In jansson's form: e-7 and e22, not e-07 and e+22; and never like an integer. */
static void as_json(char text[NUMBER_SIZE]) {
    char *exponent = strchr(text, 'e');
    if (exponent != NULL) {
        const char *digits = exponent + 1 + strspn(exponent + 1, "+-0");
        char *to = exponent + 1 + (exponent[1] == '-');
        memmove(to, digits, strlen(digits) + 1);
    } else if (strchr(text, '.') == NULL) {
        memcpy(text + strlen(text), ".0", sizeof ".0");
    }
}

/* Shortens the number in [from, end); false where it is an integer or cannot be shortened. */
static bool shorter(const char *from, const char *end, char number[NUMBER_SIZE]) {
    const size_t length = (size_t)(end - from);
    double value;
    if (*from == '"' || (memchr(from, '.', length) == NULL && memchr(from, 'e', length) == NULL) ||
        !number_read(from, end, &value)) {
        return false;
    }
    number_write_shortest(number, value);
    as_json(number);
    return strlen(number) < length;
}

static void shorten(char *text) {
    char *to = text, number[NUMBER_SIZE];
    for (const char *from = text; *from != '\0';) {
        const char *end = piece_end(from);
        const bool is_shorter = shorter(from, end, number);
        const size_t length = is_shorter ? strlen(number) : (size_t)(end - from);
        memmove(to, is_shorter ? number : from, length);
        to += length;
        from = end;
    }
    *to = '\0';
}

char *json_text(const json_t *json, size_t flags) {
    char *text = json_dump_whole(json, flags | JSON_REAL_PRECISION(17));
    if (text != NULL) {
        shorten(text);
    }
    return text;
}

/* Bytes ---------------------------------------------------------------------------------------- */

static int hexadecimal(char digit) {
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                          : -1;
}

static bool is_escape(const char *text, size_t n) {
    return n >= 4 && text[0] == '\\' && text[1] == 'x' && hexadecimal(text[2]) >= 0 &&
           hexadecimal(text[3]) >= 0;
}

json_t *json_bytes(const char *bytes, size_t n) {
    char *text = malloc(4 * n + 1), *to = text;
    if (text == NULL) {
        json_lack();
        return NULL;
    }
    for (size_t i = 0; i < n;) {
        const size_t length = synrl_utf8_character(bytes + i, n - i);
        if (length == 0 || is_escape(bytes + i, n - i)) {
            to += sprintf(to, "\\x%02X", (unsigned)(unsigned char)bytes[i++]);
        } else {
            memcpy(to, bytes + i, length);
            to += length;
            i += length;
        }
    }
    json_t *json = json_stringn(text, (size_t)(to - text));
    free(text);
    return json;
}

json_t *json_text_bytes(const char *text) {
    return text != NULL ? json_bytes(text, strlen(text)) : json_null();
}

size_t json_unescape(char *text, size_t n) {
    size_t to = 0;
    for (size_t from = 0; from < n;) {
        if (is_escape(text + from, n - from)) {
            text[to++] = (char)(hexadecimal(text[from + 2]) * 16 + hexadecimal(text[from + 3]));
            from += 4;
        } else {
            text[to++] = text[from++];
        }
    }
    if (to < n) {
        text[to] = '\0';
    }
    return to;
}

static bool restore_string(json_t *string) {
    if (strstr(json_string_value(string), "\\x") == NULL) {
        return true;
    }
    char *text = strdup(json_string_value(string));
    if (text == NULL) {
        json_lack();
        return false;
    }
    json_unescape(text, strlen(text));
    const bool is_set = json_string_set_nocheck(string, text) == 0;
    free(text);
    return is_set;
}

bool json_restore_bytes(json_t *value) {
    bool is_whole = !json_is_string(value) || restore_string(value);
    for (size_t i = 0; i < json_array_size(value); i++) {
        is_whole = json_restore_bytes(json_array_get(value, i)) && is_whole;
    }
    for (void *at = json_object_iter(value); at != NULL; at = json_object_iter_next(value, at)) {
        is_whole = json_restore_bytes(json_object_iter_value(at)) && is_whole;
    }
    return is_whole;
}

/* Differences ---------------------------------------------------------------------------------- */

/* Of two long texts what follows the lines that they share: 0 for anything else. */
static size_t shared_lines(const json_t *left, const json_t *right) {
    const char *one = json_string_value(left), *other = json_string_value(right);
    size_t n = 0;
    for (size_t i = 0; one != NULL && other != NULL && one[i] != '\0' && one[i] == other[i]; i++) {
        n = one[i] == '\n' ? i + 1 : n;
    }
    return n;
}

static void describe(const json_t *value, size_t skip, size_t size, char *text) {
    json_t *rest = skip > 0 ? json_string(json_string_value(value) + skip) : NULL;
    char *dump = value != NULL ? json_dump_whole(rest != NULL ? rest : value,
                                                 JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
                                                     JSON_REAL_PRECISION(6))
                               : NULL;
    snprintf(text, size, "%s", dump != NULL ? dump : "nothing");
    free(dump);
    json_decref(rest);
}

struct comparison {
    size_t size;
    char *difference;
    char path[256];
};

static bool differs(struct comparison *comparison, const json_t *left, const json_t *right);

static bool children_differ(struct comparison *comparison, const char *key, const json_t *left,
                            const json_t *right) {
    const size_t length = strlen(comparison->path);
    snprintf(comparison->path + length, sizeof comparison->path - length, "%s%s",
             length > 0 ? "." : "", key);
    if (differs(comparison, left, right)) {
        return true;
    }
    comparison->path[length] = '\0';
    return false;
}

static bool objects_differ(struct comparison *comparison, const json_t *left, const json_t *right) {
    const json_t *const sides[2] = {left, right};
    for (int side = 0; side < 2; side++) {
        for (void *at = json_object_iter((json_t *)sides[side]); at != NULL;
             at = json_object_iter_next((json_t *)sides[side], at)) {
            const char *key = json_object_iter_key(at);
            if (strcmp(key, "file") != 0 &&
                children_differ(comparison, key, json_object_get(left, key),
                                json_object_get(right, key))) {
                return true;
            }
        }
    }
    return false;
}

static bool arrays_differ(struct comparison *comparison, const json_t *left, const json_t *right) {
    const size_t n_left = json_array_size(left), n_right = json_array_size(right);
    char key[24];
    for (size_t i = 0; i < (n_left > n_right ? n_left : n_right); i++) {
        snprintf(key, sizeof key, "%zu", i + 1);
        if (children_differ(comparison, key, json_array_get(left, i), json_array_get(right, i))) {
            return true;
        }
    }
    return false;
}

static bool differs(struct comparison *comparison, const json_t *left, const json_t *right) {
    if (json_is_object(left) && json_is_object(right)) {
        return objects_differ(comparison, left, right);
    }
    if (json_is_array(left) && json_is_array(right)) {
        return arrays_differ(comparison, left, right);
    }
    if (json_equal(left, right) != 0) {
        return false;
    }
    char one[96], other[96];
    const size_t skip = shared_lines(left, right);
    describe(left, skip, sizeof one, one);
    describe(right, skip, sizeof other, other);
    snprintf(comparison->difference, comparison->size, "%s: %s and %s", comparison->path, one,
             other);
    return true;
}

bool json_difference(const json_t *left, const json_t *right, size_t size, char *difference) {
    struct comparison comparison = {.size = size, .difference = difference};
    difference[0] = '\0';
    return differs(&comparison, left, right);
}

bool json_take_text(const json_t *object, const char *key, const char **text) {
    const char *value = json_string_value(json_object_get(object, key));
    *text = value != NULL ? value : *text;
    return value != NULL;
}

bool json_take_integer(const json_t *object, const char *key, json_int_t *integer) {
    const json_t *value = json_object_get(object, key);
    *integer = json_is_integer(value) ? json_integer_value(value) : *integer;
    return json_is_integer(value);
}

json_t *json_number_or_null(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}
