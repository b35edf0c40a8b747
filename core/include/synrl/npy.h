/* SPDX-License-Identifier: MIT */
/* Arrays of NumPy's format .npy (numpy.lib.format, versions 1.0 to 3.0), from bytes that may be
 * anything. Used by the core, and by plugins that read arrays. All [any]. */
#ifndef SYNRL_NPY_H
#define SYNRL_NPY_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SYNRL_NPY_PREFIX = 12, SYNRL_NPY_HEADER_MAX = 1 << 16, SYNRL_NPY_SIZES_MAX = 4 };

typedef struct synrl_npy {
    char kind;   /* of the items: 'b', 'i', 'u', 'f', or another of NumPy's letters */
    size_t item; /* the number in the type's name: bytes of an item ('U': characters), 0: none */
    bool is_big_endian, is_fortran;
    size_t n_sizes, sizes[SYNRL_NPY_SIZES_MAX];
    char type[16]; /* as it is written: "<f4" */
} synrl_npy;

/* How many bytes come before the data, from the first SYNRL_NPY_PREFIX of a file; 0: it is no .npy
 * file of a known version. More than SYNRL_NPY_HEADER_MAX is nothing to wait for. */
static inline size_t synrl_npy_start(const unsigned char *bytes) {
    if (memcmp(bytes, "\x93NUMPY", 6) != 0 || bytes[6] < 1 || bytes[6] > 3) {
        return 0;
    }
    size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (bytes[6] > 1) {
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    }
    return (bytes[6] == 1 ? 10 : 12) + length;
}

/* Text being read, between `next` and `end`. */
struct synrl_npy_cursor {
    const char *next, *end;
};

/* Skips white space, and then c if it is next. */
static inline bool synrl_npy_accept(struct synrl_npy_cursor *cursor, char c) {
    while (cursor->next < cursor->end && strchr(" \t\n", *cursor->next) != NULL) {
        cursor->next++;
    }
    if (cursor->next < cursor->end && *cursor->next == c) {
        cursor->next++;
        return true;
    }
    return false;
}

static inline bool synrl_npy_accept_word(struct synrl_npy_cursor *cursor, const char *word) {
    const size_t length = strlen(word);
    if (!synrl_npy_accept(cursor, *word) || (size_t)(cursor->end - cursor->next) < length - 1 ||
        memcmp(cursor->next, word + 1, length - 1) != 0) {
        return false;
    }
    cursor->next += length - 1;
    return true;
}

/* Reads 'text' or "text" into `out`, terminated. */
static inline bool synrl_npy_accept_string(struct synrl_npy_cursor *cursor, char *out,
                                           size_t size) {
    const char quote = synrl_npy_accept(cursor, '\'') ? '\'' : '"';
    if (quote == '"' && !synrl_npy_accept(cursor, '"')) {
        return false;
    }
    for (size_t i = 0; i < size && cursor->next < cursor->end; i++) {
        out[i] = *cursor->next++;
        if (out[i] == quote) {
            out[i] = '\0';
            return true;
        }
    }
    return false;
}

/* Reads a number of at most `most` digits; false: there is none. */
static inline bool synrl_npy_accept_number(struct synrl_npy_cursor *cursor, size_t most,
                                           size_t *number) {
    size_t n_digits = 0;
    *number = 0;
    while (cursor->next < cursor->end && *cursor->next >= '0' && *cursor->next <= '9' &&
           n_digits < most) {
        *number = *number * 10 + (size_t)(*cursor->next++ - '0');
        n_digits++;
    }
    return n_digits > 0;
}

/* (2, 28, 28), (2,) or (), of sizes of at most 18 digits */
static inline bool synrl_npy_accept_shape(struct synrl_npy_cursor *cursor, synrl_npy *npy) {
    npy->n_sizes = 0;
    if (!synrl_npy_accept(cursor, '(')) {
        return false;
    }
    while (!synrl_npy_accept(cursor, ')')) {
        size_t size;
        if (npy->n_sizes == SYNRL_NPY_SIZES_MAX || !synrl_npy_accept_number(cursor, 18, &size)) {
            return false;
        }
        npy->sizes[npy->n_sizes++] = size;
        synrl_npy_accept(cursor, 'L'); /* as written by Python 2 */
        if (!synrl_npy_accept(cursor, ',')) {
            return synrl_npy_accept(cursor, ')');
        }
        synrl_npy_accept(cursor, ' ');
    }
    return true;
}

/* "<f4", "|u1", ">i8", "<U3" .. */
static inline bool synrl_npy_take_type(synrl_npy *npy) {
    const char *type = npy->type;
    struct synrl_npy_cursor cursor = {type + (*type != '\0'), type + strlen(type)};
    if (*type == '\0' || strchr("<>|=", *type) == NULL || cursor.next == cursor.end) {
        return false;
    }
    npy->is_big_endian = *type == '>';
    npy->kind = *cursor.next++;
    synrl_npy_accept_number(&cursor, 9, &npy->item); /* "|O" has none */
    return cursor.next == cursor.end;
}

/* Reads the header: `start` bytes, as synrl_npy_start gave. False where it is not {'descr': '<f4',
 * 'fortran_order': False, 'shape': (2, 3), } in any order, with a type of one number and at most
 * SYNRL_NPY_SIZES_MAX sizes. */
static inline bool synrl_npy_parse(const unsigned char *bytes, size_t start, synrl_npy *npy) {
    const char *text = (const char *)bytes;
    struct synrl_npy_cursor cursor = {text + (bytes[6] == 1 ? 10 : 12), text + start};
    bool has_type = false, has_order = false, has_shape = false, is_sound = true;
    char key[16];
    memset(npy, 0, sizeof *npy);
    if (!synrl_npy_accept(&cursor, '{')) {
        return false;
    }
    while (is_sound && !synrl_npy_accept(&cursor, '}')) {
        is_sound =
            synrl_npy_accept_string(&cursor, key, sizeof key) && synrl_npy_accept(&cursor, ':');
        if (is_sound && strcmp(key, "descr") == 0) {
            has_type = is_sound = synrl_npy_accept_string(&cursor, npy->type, sizeof npy->type) &&
                                  synrl_npy_take_type(npy);
        } else if (is_sound && strcmp(key, "fortran_order") == 0) {
            npy->is_fortran = synrl_npy_accept_word(&cursor, "True");
            has_order = is_sound = npy->is_fortran || synrl_npy_accept_word(&cursor, "False");
        } else if (is_sound && strcmp(key, "shape") == 0) {
            has_shape = is_sound = synrl_npy_accept_shape(&cursor, npy);
        } else {
            is_sound = false;
        }
        if (is_sound && !synrl_npy_accept(&cursor, ',')) {
            is_sound = synrl_npy_accept(&cursor, '}');
            break;
        }
    }
    return is_sound && has_type && has_order && has_shape;
}

/* Whether the items are numbers that synrl_npy_value reads: b1, i and u of 1 to 8 bytes, f2, f4 and
 * f8. */
static inline bool synrl_npy_is_number(const synrl_npy *npy) {
    const size_t item = npy->item;
    const bool is_size = item == 1 || item == 2 || item == 4 || item == 8;
    return is_size && (npy->kind == 'f'   ? item > 1
                       : npy->kind == 'b' ? item == 1
                                          : npy->kind == 'i' || npy->kind == 'u');
}

/* IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
static inline double synrl_npy_half(unsigned bits) {
    const int exponent = (int)(bits >> 10 & 31);
    const double fraction = (double)(bits & 1023);
    const double value = exponent == 31  ? (fraction == 0 ? (double)INFINITY : (double)NAN)
                         : exponent == 0 ? ldexp(fraction, -24)
                                         : ldexp(1024 + fraction, exponent - 25);
    return (bits & 0x8000U) != 0 ? -value : value;
}

/* The number at `at`; of 64-bit integers, the nearest double; of truths, 0 or 1. */
static inline double synrl_npy_value(const synrl_npy *npy, const unsigned char *at) {
    uint64_t bits = 0;
    for (size_t b = 0; b < npy->item; b++) {
        bits = bits << 8 | at[npy->is_big_endian ? b : npy->item - 1 - b];
    }
    if (npy->kind == 'f' && npy->item == 2) {
        return synrl_npy_half((unsigned)bits);
    }
    if (npy->kind == 'f' && npy->item == 4) {
        const uint32_t single = (uint32_t)bits;
        float value;
        memcpy(&value, &single, sizeof value);
        return (double)value;
    }
    if (npy->kind == 'f') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (npy->kind == 'b') {
        return bits != 0;
    }
    if (npy->kind != 'i') {
        return (double)bits;
    }
    const unsigned unused = 64 - 8 * (unsigned)npy->item; /* the sign is the item's top bit */
    return (double)((int64_t)(bits << unused) >> unused);
}

/* The position in the file of item i in C order, of n_items. */
static inline size_t synrl_npy_place(const synrl_npy *npy, size_t n_items, size_t i) {
    if (!npy->is_fortran) {
        return i;
    }
    size_t place = 0, stride = n_items;
    for (size_t d = npy->n_sizes; d-- > 0;) {
        stride /= npy->sizes[d];
        place += i % npy->sizes[d] * stride;
        i /= npy->sizes[d];
    }
    return place;
}

#ifdef __cplusplus
}
#endif
#endif
