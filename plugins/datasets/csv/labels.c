/* SPDX-License-Identifier: MIT */
/* A decimal number as sign, digits and a power of ten: 0.DIGITS * 10^exponent, where the first
 * digit is not 0. */
#define _GNU_SOURCE /* qsort_r */
#include "labels.h"

#include <stdlib.h>
#include <string.h>

enum { EXPONENT_MAX = 1000000000 };

struct decimal {
    int sign;           /* of the value: -1, 0 or 1 */
    const char *digits; /* from the first that is not 0; may contain a point */
    const char *end;
    long long exponent;
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The end of the number's digits, and how many there are. */
static const char *skip_mantissa(const char *text, size_t *n_digits) {
    bool has_point = false;
    for (*n_digits = 0; is_digit(*text) || (*text == '.' && !has_point); text++) {
        has_point = has_point || *text == '.';
        *n_digits += is_digit(*text);
    }
    return text;
}

static const char *skip_sign(const char *text) {
    return text + (*text == '-' || *text == '+');
}

bool label_is_number(const char *text) {
    size_t n_digits;
    text = skip_mantissa(skip_sign(text), &n_digits);
    if (n_digits == 0 || *text == '\0') {
        return n_digits > 0;
    }
    if (*text != 'e' && *text != 'E') {
        return false;
    }
    text = skip_sign(text + 1);
    const size_t length = strspn(text, "0123456789");
    return length > 0 && text[length] == '\0';
}

static long long read_exponent(const char *text) {
    const bool is_negative = *text == '-';
    long long exponent = 0;
    for (text = skip_sign(text); is_digit(*text) && exponent < EXPONENT_MAX; text++) {
        exponent = 10 * exponent + (*text - '0');
    }
    return is_negative ? -exponent : exponent;
}

static struct decimal parse(const char *text) {
    size_t n_digits;
    struct decimal decimal = {.sign = *text == '-' ? -1 : 1, .digits = skip_sign(text)};
    decimal.end = skip_mantissa(decimal.digits, &n_digits);
    const char *point = memchr(decimal.digits, '.', (size_t)(decimal.end - decimal.digits));
    point = point != NULL ? point : decimal.end;
    while (decimal.digits < decimal.end && (*decimal.digits == '0' || *decimal.digits == '.')) {
        decimal.digits++;
    }
    if (decimal.digits == decimal.end) {
        decimal.sign = 0;
        return decimal;
    }
    decimal.exponent = *decimal.end != '\0' ? read_exponent(decimal.end + 1) : 0;
    decimal.exponent += point - decimal.digits + (decimal.digits > point);
    return decimal;
}

/* The next digit; '0' after the last. */
static char next_digit(struct decimal *decimal) {
    if (decimal->digits < decimal->end && *decimal->digits == '.') {
        decimal->digits++;
    }
    return decimal->digits < decimal->end ? *decimal->digits++ : '0';
}

int label_compare_numbers(const char *a, const char *b) {
    struct decimal x = parse(a), y = parse(b);
    if (x.sign != y.sign || x.sign == 0) {
        return (x.sign > y.sign) - (x.sign < y.sign);
    }
    if (x.exponent != y.exponent) {
        return x.exponent > y.exponent ? x.sign : -x.sign;
    }
    while (x.digits < x.end || y.digits < y.end) {
        const char digit_x = next_digit(&x), digit_y = next_digit(&y);
        if (digit_x != digit_y) {
            return digit_x > digit_y ? x.sign : -x.sign;
        }
    }
    return 0;
}

/* Classes -------------------------------------------------------------------------------------- */

/* Labels are sorted by value if all of them are numbers, else as bytes. */
static int compare_labels(const void *a, const void *b, void *context) {
    const bool *are_numbers = context;
    const char *text_a = *(const char *const *)a, *text_b = *(const char *const *)b;
    return *are_numbers ? label_compare_numbers(text_a, text_b) : strcmp(text_a, text_b);
}

/* Of equal numbers the shortest is first, whose text names the class. */
static int compare_spellings(const void *a, const void *b, void *context) {
    const char *text_a = *(const char *const *)a, *text_b = *(const char *const *)b;
    const size_t length_a = strlen(text_a), length_b = strlen(text_b);
    const int order = compare_labels(a, b, context);
    return order != 0             ? order
           : length_a != length_b ? (length_a > length_b ? 1 : -1)
                                  : strcmp(text_a, text_b);
}

size_t labels_sort_distinct(bool are_numbers, const char **texts, size_t n) {
    size_t n_distinct = 0;
    qsort_r(texts, n, sizeof *texts, compare_spellings, &are_numbers);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_labels(&texts[n_distinct - 1], &texts[i], &are_numbers) != 0) {
            texts[n_distinct++] = texts[i];
        }
    }
    return n_distinct;
}

size_t labels_find(bool are_numbers, const char **classes, size_t n_classes, const char *text) {
    size_t low = 0, high = n_classes;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (compare_labels(&classes[middle], &text, &are_numbers) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}
