/* SPDX-License-Identifier: MIT */
/* The generator is SplitMix64 (Steele, Lea, Flood 2014), so that a case needs no more than its
 * number to be made again. */
#include "support/mutate.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"

static uint64_t next(struct dice *dice) {
    uint64_t z = dice->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

size_t dice_below(struct dice *dice, size_t n) {
    return (size_t)(next(dice) % n);
}

/* Mostly small, at most n. */
static size_t length_below(struct dice *dice, size_t n) {
    return dice_below(dice, dice_below(dice, dice_below(dice, n + 1) + 1) + 1);
}

/* n_new bytes in the place of n_old; of what there is no room for, the end is left out. */
static void replace(struct bytes *bytes, size_t at, size_t n_old, const void *from, size_t n_new) {
    unsigned char copy[BYTES_MOST];
    const size_t room = BYTES_MOST - (bytes->n - n_old);
    n_new = n_new < room ? n_new : room;
    memcpy(copy, from, n_new);
    memmove(bytes->at + at + n_new, bytes->at + at + n_old, bytes->n - at - n_old);
    memcpy(bytes->at + at, copy, n_new);
    bytes->n += n_new - n_old;
}

static void flip_bit(struct dice *dice, struct bytes *bytes) {
    const size_t at = dice_below(dice, bytes->n + 1);
    bytes->at[at] = (unsigned char)(bytes->at[at] ^ 1U << dice_below(dice, 8));
}

/* To the ends of its range, to what text is made of, or to anything. */
static void set_byte(struct dice *dice, struct bytes *bytes) {
    static const unsigned char values[] = "\0\xff\x7f\x80\1 \t\r\n,.:;'\"()[]{}\\/-+09eE";
    const size_t choice = dice_below(dice, sizeof values + 6);
    bytes->at[dice_below(dice, bytes->n + 1)] =
        choice < sizeof values ? values[choice] : (unsigned char)dice_below(dice, 256);
}

/* 1, 2, 4 or 8 bytes in either order: 0, an end of its range, or near to what stood there. */
static void set_number(struct dice *dice, struct bytes *bytes) {
    const size_t width = (size_t)1 << dice_below(dice, 4);
    const bool is_big_endian = dice_below(dice, 2) == 0;
    if (bytes->n < width) {
        return;
    }
    unsigned char *at = bytes->at + dice_below(dice, bytes->n - width + 1);
    const uint64_t sign = (uint64_t)1 << (8 * width - 1);
    uint64_t old = 0;
    for (size_t b = 0; b < width; b++) {
        old |= (uint64_t)at[is_big_endian ? width - 1 - b : b] << 8 * b;
    }
    const uint64_t values[] = {0,       1,       UINT64_MAX, sign,    sign - 1,  old + 1,
                               old - 1, 2 * old, old / 2,    0 - old, old + sign};
    const uint64_t value = values[dice_below(dice, COUNT_OF(values))];
    for (size_t b = 0; b < width; b++) {
        at[is_big_endian ? width - 1 - b : b] = (unsigned char)(value >> 8 * b);
    }
}

static bool is_numeric(unsigned char c) {
    return c != '\0' && strchr("+-.0123456789", c) != NULL;
}

/* The first number in digits from `at` on, or from the start; n is 0 where there is none. */
static size_t find_number(const struct bytes *bytes, size_t at, size_t *n) {
    const size_t from = at;
    while (at < bytes->n && !is_numeric(bytes->at[at])) {
        at++;
    }
    if (at == bytes->n && from > 0) {
        return find_number(bytes, 0, n);
    }
    while (at > 0 && is_numeric(bytes->at[at - 1])) {
        at--;
    }
    for (*n = 0; at + *n < bytes->n && is_numeric(bytes->at[at + *n]);) {
        ++*n;
    }
    return at;
}

/* Digits become another number: of any size, or one that is hard to read. */
static void set_digits(struct dice *dice, struct bytes *bytes) {
    static const char *const texts[] = {
        "0",     "-1",     "1",       "-0",         "nan",        "inf",
        "-inf",  "1e999",  "-1e38",   "1e-400",     "1e39",       "1e300",
        "0x10",  "1.5",    "007",     "",           "-",          ".",
        "3",     "0.1e1",  "1e9",     "1e1000",     "true",       "null",
        "\"\"",  "[]",     "{}",      "1,1,1",      "1 2",        "-5",
        "65536", "200000", "1000000", "2147483648", "4294967296", "18446744073709551616"};
    char power[24];
    size_t n;
    const size_t at = find_number(bytes, dice_below(dice, bytes->n + 1), &n);
    const char *text = texts[dice_below(dice, COUNT_OF(texts))];
    if (dice_below(dice, 2) == 0) {
        snprintf(power, sizeof power, "%llu", (1ULL << dice_below(dice, 64)) - dice_below(dice, 2));
        text = power;
    }
    replace(bytes, at, n, text, strlen(text));
}

static void cut(struct dice *dice, struct bytes *bytes) {
    bytes->n -=
        dice_below(dice, 2) == 0 ? length_below(dice, bytes->n) : dice_below(dice, bytes->n + 1);
}

static void take_out(struct dice *dice, struct bytes *bytes) {
    const size_t at = dice_below(dice, bytes->n + 1);
    replace(bytes, at, length_below(dice, bytes->n - at), "", 0);
}

static void put_in(struct dice *dice, struct bytes *bytes) {
    unsigned char more[256];
    const size_t n = 1 + length_below(dice, sizeof more - 1);
    const bool are_equal = dice_below(dice, 2) == 0;
    for (size_t i = 0; i < n; i++) {
        more[i] = are_equal && i > 0 ? more[0] : (unsigned char)dice_below(dice, 256);
    }
    replace(bytes, dice_below(dice, bytes->n + 1), 0, more, n);
}

static void double_up(struct dice *dice, struct bytes *bytes) {
    const size_t at = dice_below(dice, bytes->n + 1), n = length_below(dice, bytes->n - at);
    for (size_t times = 1 + length_below(dice, 40); times > 0; times--) {
        replace(bytes, at, 0, bytes->at + at, n);
    }
}

static void copy_over(struct dice *dice, struct bytes *bytes) {
    const size_t from = dice_below(dice, bytes->n + 1), at = dice_below(dice, bytes->n + 1);
    const size_t n = length_below(dice, bytes->n - from), n_old = length_below(dice, bytes->n - at);
    replace(bytes, at, dice_below(dice, 2) == 0 && n <= bytes->n - at ? n : n_old, bytes->at + from,
            n);
}

void mutate(struct dice *dice, struct bytes *bytes) {
    static void (*const kinds[])(struct dice *, struct bytes *) = {
        flip_bit,   set_byte, set_byte, set_number, set_number, set_digits,
        set_digits, cut,      take_out, put_in,     double_up,  copy_over};
    if (bytes->n == BYTES_MOST) {
        bytes->n--; /* for those that may also write the byte behind the last */
    }
    if (!dice->is_harmless) {
        kinds[dice_below(dice, COUNT_OF(kinds))](dice, bytes);
    }
}
