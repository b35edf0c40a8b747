/* SPDX-License-Identifier: MIT */
/* An array of an NPZ file. */
#ifndef ARRAY_H
#define ARRAY_H

#include <synrl/npy.h>

#include "../unpack.h"

/* One .npy during reading, and its contents afterwards. */
struct array {
    struct unpack *unpack;
    const char *name;   /* in the archive */
    struct buffer file; /* header and data */
    size_t data;        /* offset of the data in it */
    synrl_npy npy;
    size_t n_items;
};

#define FAIL_IN(array, format, ...)                                                               \
    (array)->unpack->host->fail((array)->unpack->host, SYNRL_INVALID, "%s: array \"%s\" " format, \
                                (array)->unpack->path, (array)->name, __VA_ARGS__)

static inline bool array_has_words(const struct array *array) {
    return (array->npy.kind == 'U' || array->npy.kind == 'S') && array->npy.item > 0;
}

/* Bytes of an item: four per character of 'U'. */
static inline size_t array_item(const struct array *array) {
    return array->npy.kind == 'U' ? 4 * array->npy.item : array->npy.item;
}

/* Item i in C order. */
static inline const unsigned char *array_at(const struct array *array, size_t i) {
    return array->file.bytes + array->data +
           synrl_npy_place(&array->npy, array->n_items, i) * array_item(array);
}

#endif
