/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strtof_l */
#include "numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Of at most seven digits, as nearly all are: numerator and denominator are floats without
 * rounding, so their quotient is the nearest float (Clinger 1990). */
static bool read_short(char point, const char *text, float *value) {
    static const float powers[] = {1.0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F, 1e6F, 1e7F};
    enum { DIGITS_MAX = 7 };
    const char *next = text + (*text == '-' || *text == '+');
    uint32_t numerator = 0, n_digits = 0, n_after = 0;
    for (; is_digit(*next) && n_digits < DIGITS_MAX; n_digits++) {
        numerator = 10 * numerator + (uint32_t)(*next++ - '0');
    }
    if (*next == point && n_digits < DIGITS_MAX) {
        for (next++; is_digit(*next) && n_digits < DIGITS_MAX; n_digits++, n_after++) {
            numerator = 10 * numerator + (uint32_t)(*next++ - '0');
        }
    }
    if (n_digits == 0 || *next != '\0') {
        return false;
    }
    const float size = (float)numerator / powers[n_after];
    *value = *text == '-' ? -size : size;
    return true;
}

bool number_read(const struct number_format *format, const struct field *field, float *value) {
    char *text = field->text, *stop, *comma;
    if (read_short(format->point, text, value)) {
        return true;
    }
    const char *digits = format->point == '.' ? "+-.0123456789eE" : "+-,0123456789eE";
    if (field->length == 0 || strspn(text, digits) != field->length) {
        return false;
    }
    comma = format->point == ',' ? strchr(text, ',') : NULL;
    if (comma != NULL) {
        *comma = '.';
    }
    *value = strtof_l(text, &stop, format->locale);
    if (comma != NULL) {
        *comma = ',';
    }
    return *stop == '\0' && stop != text && isfinite(*value);
}
