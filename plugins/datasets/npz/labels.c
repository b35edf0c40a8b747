/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "labels.h"

#include <math.h>
#include <stdlib.h>
#include <synrl/utf8.h>

#include "../classes.h"

enum { LABEL_MAX = 999999 };

static double value_at(const struct array *array, size_t i) {
    return synrl_npy_value(&array->npy, array_at(array, i));
}

/* Numbers -------------------------------------------------------------------------------------- */

/* Whether all are -1 or 1, and both are there. */
static bool are_signs(const struct array *array) {
    size_t n_minus = 0;
    for (size_t s = 0; s < array->n_items; s++) {
        const double value = value_at(array, s);
        if (!(fabs(value) == 1)) {
            return false;
        }
        n_minus += value < 0;
    }
    return n_minus > 0 && n_minus < array->n_items;
}

static synrl_status take_numbers(const struct array *array, int64_t first, int32_t *labels,
                                 size_t *n_classes) {
    bool has_first = false;
    for (size_t s = 0; s < array->n_items; s++) {
        const double value = value_at(array, s) - (double)first;
        if (!(value >= 0 && value <= LABEL_MAX && floor(value) == value)) {
            return FAIL_IN(array, "gives sample %zu the label %g: must be a whole number from %d",
                           s + 1, value_at(array, s), (int)first);
        }
        labels[s] = (int32_t)value;
        has_first = has_first || labels[s] == 0;
        *n_classes = (size_t)value >= *n_classes ? (size_t)value + 1 : *n_classes;
    }
    if (!has_first && first == 0) {
        const synrl_host *host = array->unpack->host;
        host->log(host, SYNRL_LOG_WARNING,
                  "%s: array \"%s\" has no label 0: first_label = 1 if they count from 1",
                  array->unpack->path, array->name);
    }
    return SYNRL_OK;
}

/* [n][c]: a single 1 in each row. */
static synrl_status take_one_hot(const struct array *array, size_t n, int32_t *labels) {
    const size_t n_classes = array->npy.sizes[1];
    for (size_t s = 0; s < n; s++) {
        size_t n_ones = 0, n_others = 0;
        for (size_t c = 0; c < n_classes; c++) {
            const double value = value_at(array, s * n_classes + c);
            n_others += !(value == 0 || value == 1);
            if (value == 1) {
                labels[s] = (int32_t)c;
                n_ones++;
            }
        }
        if (n_ones != 1 || n_others > 0) {
            return FAIL_IN(array, "is not one-hot in row %zu: must be a single 1, and 0 elsewhere",
                           s + 1);
        }
    }
    return SYNRL_OK;
}

/* Words ---------------------------------------------------------------------------------------- */

static size_t put_character(uint32_t c, char *out) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6) {
        out[i] = (char)(0x80U | (c & 0x3FU));
    }
    out[0] = (char)((n == 2 ? 0xC0U : n == 3 ? 0xE0U : 0xF0U) | c);
    return n;
}

/* Character i of a word; 0 after the last. */
static uint32_t character_at(const struct array *array, const unsigned char *word, size_t i) {
    if (i == array->npy.item || array->npy.kind == 'S') {
        return i < array->npy.item ? word[i] : 0;
    }
    uint32_t c = 0;
    for (size_t b = 0; b < 4; b++) {
        c = c << 8 | word[4 * i + (array->npy.is_big_endian ? b : 3 - b)];
    }
    return c;
}

/* Writes a word as UTF-8, terminated; false where it is empty or not text. */
static bool put_word(const struct array *array, size_t s, char *out) {
    const unsigned char *word = array_at(array, s);
    size_t length = 0, step = 1;
    uint32_t c;
    for (size_t i = 0; (c = character_at(array, word, i)) != 0; i++) {
        if (c > 0x10FFFF) {
            return false;
        }
        if (array->npy.kind == 'U') {
            length += put_character(c, out + length);
        } else {
            out[length++] = (char)c;
        }
    }
    out[length] = '\0';
    for (size_t i = 0; i < length && step > 0; i += step) {
        step = synrl_utf8_character(out + i, length - i);
    }
    return length > 0 && step > 0;
}

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The distinct words in order, into `words`. */
static size_t sort_distinct(const char **words, size_t n) {
    size_t n_distinct = 0;
    qsort(words, n, sizeof *words, compare);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(words[n_distinct - 1], words[i]) != 0) {
            words[n_distinct++] = words[i];
        }
    }
    return n_distinct;
}

/* The number of a word among the classes, which may be as many as the samples where they are
 * sorted. */
static size_t find_word(const synrl_data *data, const char *word, bool are_sorted) {
    const char *const *names = data->class_names;
    if (are_sorted) {
        return (size_t)((const char *const *)bsearch(&word, names, data->n_classes, sizeof *names,
                                                     compare) -
                        names);
    }
    size_t c = 0;
    while (c < data->n_classes && strcmp(names[c], word) != 0) {
        c++;
    }
    return c;
}

static synrl_status number_words(const struct array *array, const char *const *words, size_t n,
                                 const synrl_data *data, bool are_sorted, int32_t *labels) {
    for (size_t s = 0; s < n; s++) {
        const size_t c = find_word(data, words[s], are_sorted);
        if (c == data->n_classes) {
            return FAIL_IN(array, "gives sample %zu the label \"%.80s\", which is not in classes",
                           s + 1, words[s]);
        }
        labels[s] = (int32_t)c;
    }
    return SYNRL_OK;
}

/* The words of all samples in `texts`; pointers to them in `words`. */
static synrl_status read_words(const struct array *array, char *texts, const char **words) {
    const size_t room = 4 * array->npy.item + 1;
    for (size_t s = 0; s < array->n_items; s++) {
        words[s] = texts + s * room;
        if (!put_word(array, s, texts + s * room)) {
            return FAIL_IN(array, "gives sample %zu a label that is empty, or not text", s + 1);
        }
    }
    return SYNRL_OK;
}

static synrl_status take_words(const struct array *array, const char *classes, int32_t *labels,
                               synrl_data *data) {
    enum { WORD_MAX = 1000 };
    const synrl_host *host = array->unpack->host;
    const size_t n = array->n_items;
    const char **words, **sorted;
    char *texts;
    if (array->npy.item > WORD_MAX) {
        return FAIL_IN(array, "has words of %zu characters: must be at most %d", array->npy.item,
                       WORD_MAX);
    }
    SYNRL_TRY(SYNRL_NEW(host, words, n));
    SYNRL_TRY(SYNRL_NEW(host, sorted, n));
    texts = host->alloc(host, n, 4 * array->npy.item + 1);
    if (texts == NULL) {
        return SYNRL_NO_MEMORY;
    }
    SYNRL_TRY(read_words(array, texts, words));
    const bool are_given = classes != NULL && *classes != '\0';
    if (are_given) {
        SYNRL_TRY(classes_name(host, array->unpack->path, classes, 0, &data->n_classes,
                               &data->class_names));
        host->free(host, sorted);
    } else {
        memcpy(sorted, words, n * sizeof *sorted);
        data->n_classes = sort_distinct(sorted, n);
        data->class_names = sorted; /* which `texts` outlives */
    }
    const synrl_status status = number_words(array, words, n, data, !are_given, labels);
    host->free(host, words);
    return status;
}

/* -------------------------------------------------------------------------------------------- */

synrl_status labels_take(const struct array *array, const char *classes, int64_t first,
                         synrl_data *data) {
    const synrl_host *host = array->unpack->host;
    const bool is_one_hot = array->npy.n_sizes == 2 && array->npy.sizes[1] > 1;
    int32_t *labels;
    SYNRL_TRY(SYNRL_NEW(host, labels, array->npy.sizes[0]));
    data->labels = labels;
    if (array_has_words(array)) {
        SYNRL_TRY(take_words(array, classes, labels, data));
        return classes_check(host, array->unpack->path, data->n_classes);
    }
    if (is_one_hot) {
        data->n_classes = array->npy.sizes[1];
        SYNRL_TRY(take_one_hot(array, array->npy.sizes[0], labels));
    } else if (first == 0 && are_signs(array)) {
        for (size_t s = 0; s < array->n_items; s++) {
            labels[s] = value_at(array, s) > 0;
        }
        data->n_classes = 2;
        classes = classes != NULL && *classes != '\0' ? classes : "-1,1";
    } else {
        SYNRL_TRY(take_numbers(array, first, labels, &data->n_classes));
    }
    SYNRL_TRY(classes_name(host, array->unpack->path, classes, first, &data->n_classes,
                           &data->class_names));
    return classes_check(host, array->unpack->path, data->n_classes);
}
