/* SPDX-License-Identifier: MIT */
/* Finds and applies the rows of a table of flags. */
#include "base/flags.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/suggest.h"

const struct flag *flag_find(size_t n, const struct flag *flags, const char *name) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, flags[i].name) == 0 ||
            (flags[i].alias != NULL && strcmp(name, flags[i].alias) == 0)) {
            return &flags[i];
        }
    }
    return NULL;
}

static bool set_integer(const struct flag *flag, struct flag_integer *integer, const char *value,
                        char problem[FLAG_PROBLEM_SIZE]) {
    integer->is_given = true;
    if (integer_read(value, strlen(value), flag->min, flag->max, &integer->value)) {
        return true;
    }
    char max[24] = "2^63 - 1";
    if (flag->max != INT64_MAX) {
        snprintf(max, sizeof max, "%" PRIu64, flag->max);
    }
    snprintf(problem, FLAG_PROBLEM_SIZE, "%s must be an integer from %" PRIu64 " to %s, not \"%s\"",
             flag->name, flag->min, max, value);
    return false;
}

static bool set_text(const struct flag *flag, const char **text, const char *value,
                     char problem[FLAG_PROBLEM_SIZE]) {
    const char *choices[FLAG_CHOICES];
    char suggestion[SUGGESTION_SIZE];
    size_t n = 0;
    *text = value;
    for (; flag->choice != NULL && n < FLAG_CHOICES && flag->choice(n) != NULL; n++) {
        choices[n] = flag->choice(n);
        if (strcmp(value, choices[n]) == 0) {
            return true;
        }
    }
    if (flag->choice == NULL) {
        return true;
    }
    int length = snprintf(problem, FLAG_PROBLEM_SIZE, "%s must be one of", flag->name);
    for (size_t i = 0; i < n && length < FLAG_PROBLEM_SIZE; i++) {
        length += snprintf(problem + length, FLAG_PROBLEM_SIZE - (size_t)length, "%s %s",
                           i > 0 ? "," : "", choices[i]);
    }
    if (length < FLAG_PROBLEM_SIZE) {
        snprintf(problem + length, FLAG_PROBLEM_SIZE - (size_t)length, ", not \"%s\"%s", value,
                 suggest_text(value, n, choices, suggestion));
    }
    return false;
}

bool flag_set(const struct flag *flag, void *request, const char *value,
              char problem[FLAG_PROBLEM_SIZE]) {
    void *field = (char *)request + flag->offset;
    struct flag_list *list = field;
    switch (flag->type) {
    case FLAG_IS_SWITCH:
        *(bool *)field = true;
        return true;
    case FLAG_IS_TEXT:
        return set_text(flag, field, value, problem);
    case FLAG_IS_LIST:
        list->values[list->n++] = value;
        return true;
    default:
        return set_integer(flag, field, value, problem);
    }
}

static void write_flag(const struct flag *flag, const void *request, struct words *words) {
    const void *field = (const char *)request + flag->offset;
    const struct flag_integer *integer = field;
    const struct flag_list *list = field;
    const char *text;
    switch (flag->type) {
    case FLAG_IS_SWITCH:
        if (*(const bool *)field) {
            words_add(words, "%s", flag->name);
        }
        break;
    case FLAG_IS_TEXT:
        text = *(const char *const *)field;
        if (text != NULL) {
            words_add(words, "%s", flag->name);
            words_add(words, "%s", text);
        }
        break;
    case FLAG_IS_LIST:
        for (size_t i = 0; i < list->n; i++) {
            words_add(words, "%s", flag->name);
            words_add(words, "%s", list->values[i]);
        }
        break;
    default:
        if (integer->is_given) {
            words_add(words, "%s", flag->name);
            words_add(words, "%" PRIu64, integer->value);
        }
    }
}

void flags_write(size_t n, const struct flag *flags, const void *request, struct words *words) {
    for (size_t i = 0; i < n; i++) {
        write_flag(&flags[i], request, words);
    }
}
