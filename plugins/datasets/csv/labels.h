/* SPDX-License-Identifier: MIT */
/* Labels as exact decimal numbers: floating point would merge 16777216 and 16777217. */
#ifndef LABELS_H
#define LABELS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a text is a decimal number, of any size: -1.50e3. */
bool label_is_number(const char *text);

/* The order of the values of two such numbers; 0 for 1, 1.0, 01 and +10e-1. */
int label_compare_numbers(const char *a, const char *b);

/* Replaces n labels by the distinct ones, sorted by value if all of them are numbers, else as
 * bytes, and returns how many there are. */
size_t labels_sort_distinct(bool are_numbers, const char **texts, size_t n);

/* The index of the class that the text is a spelling of. */
size_t labels_find(bool are_numbers, const char **classes, size_t n_classes, const char *text);

#endif
