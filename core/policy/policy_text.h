/* SPDX-License-Identifier: MIT */
/* Policies and their states as text for people. */
#ifndef POLICY_TEXT_H
#define POLICY_TEXT_H

#include "policy/policy.h"

/* The k-th digit of a base-3 number, the lowest first: of a history the entry of k steps ago (1:
 * the last), of features the k-th. */
static inline uint32_t policy_digit(uint32_t number, uint32_t k) {
    while (--k > 0) {
        number /= 3;
    }
    return number % 3;
}

/* "- 0 +": the n entries of a history, the oldest first; symbols[digit]. */
enum { POLICY_DIGITS_SIZE = 2 * SYNRL_MEMORY_MAX + 1 };
void policy_history_text(uint32_t history, uint32_t n, const char *symbols,
                         char text[POLICY_DIGITS_SIZE]);
/* The n features, the first first, as - 0 +. */
void policy_features_text(uint32_t features, uint32_t n, char text[POLICY_DIGITS_SIZE]);

/* A readable table, one line per reachable state; freed by core_free. */
char *policy_text(struct core *core, const synrl_policy *policy);

#endif
