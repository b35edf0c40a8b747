/* SPDX-License-Identifier: MIT */
/* Locale-independent, round-trip-exact number text. */
#ifndef NUMBER_H
#define NUMBER_H

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 32 };

/* The C locale: glibc and musl return a constant, so this neither fails nor leaks. */
static inline locale_t number_locale(void) {
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* From here to number_leave, printf and scanf of this thread have the C locale, whatever a script
 * has set. Returns what number_leave needs. */
static inline locale_t number_enter(void) {
    return uselocale(number_locale());
}

static inline void number_leave(locale_t before) {
    uselocale(before);
}

/* Reads a finite decimal number that fills [text, end), in a string that is terminated at or after
 * end. */
static inline bool number_read(const char *text, const char *end, double *value) {
    if (text == end || strspn(text, "+-.0123456789eE") < (size_t)(end - text)) {
        return false;
    }
    char *stop;
    *value = strtod_l(text, &stop, number_locale());
    return stop == end && isfinite(*value);
}

/* Reads an integer from min to max, in decimal digits with nothing before or after them. */
static inline bool integer_read(const char *text, size_t length, uint64_t min, uint64_t max,
                                uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        const uint64_t digit = (uint64_t)(unsigned char)text[i] - '0';
        if (digit > 9 || *value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *value = 10 * *value + digit;
    }
    return length > 0 && *value >= min && *value <= max;
}

/* The same with an optional minus sign. */
static inline bool signed_read(const char *text, size_t length, int64_t *value) {
    const bool is_negative = length > 0 && text[0] == '-';
    uint64_t magnitude;
    if (!integer_read(text + is_negative, length - is_negative, 0,
                      (uint64_t)INT64_MAX + is_negative, &magnitude)) {
        return false;
    }
    *value = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

static inline void number_write(char text[NUMBER_SIZE], int digits, double value) {
    const locale_t before = number_enter();
    snprintf(text, NUMBER_SIZE, "%.*g", digits, value);
    number_leave(before);
}

/* Writes the fewest digits that read back to the same bits: at least 15, or at least 1 for
 * subnormal numbers, which have less precision. */
static inline void number_write_shortest(char text[NUMBER_SIZE], double value) {
    double read = 0;
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        number_write(text, digits, value);
        if (number_read(text, text + strlen(text), &read) && read == value) {
            return;
        }
    }
}

#endif
