/* SPDX-License-Identifier: MIT */
/* Classes and their names, for the loaders. */
#ifndef CLASSES_H
#define CLASSES_H

#include <stdio.h>
#include <string.h>
#include <synrl/host.h>

#define CLASSES_MEANING                                                                          \
    "names of the classes: \"ABC\", one character each, or \"ant,bee\"; left out: \"0\", \"1\" " \
    "..."

#define FIRST_LABEL_MEANING "the label of the first class: 1 where labels count from 1"

/* The core would refuse it too, but cannot name the file. */
static inline synrl_status classes_check(const synrl_host *host, const char *path,
                                         size_t n_classes) {
    return n_classes >= 2 ? SYNRL_OK
                          : host->fail(host, SYNRL_INVALID,
                                       "%s: has %zu classes: must be at least 2", path, n_classes);
}

/* The beginning of the name after the one at `text`: after a comma if there are any, else one UTF-8
 * character further. *length is that of the name at `text`. */
static inline const char *classes_next(const char *text, bool has_commas, size_t *length) {
    if (has_commas) {
        *length = strcspn(text, ",");
        return text + *length + (text[*length] == ',');
    }
    *length = 1;
    while (((unsigned char)text[*length] & 0xC0U) == 0x80U) {
        ++*length;
    }
    return text + *length;
}

/* Takes names for the labels 0 .. *n_classes - 1 (the largest label plus one) from the parameter,
 * or their numbers, which begin with `first`. It may name more classes, which increases *n_classes;
 * SYNRL_INVALID where it names fewer than there are in the file at `path`. *names is a single
 * allocation. */
static inline synrl_status classes_name(const synrl_host *host, const char *path, const char *given,
                                        int64_t first, size_t *n_classes,
                                        const char *const **names) {
    const bool is_given = given != NULL && *given != '\0';
    const bool has_commas = is_given && strchr(given, ',') != NULL;
    size_t n_given = 0, length;
    for (const char *text = given; is_given && *text != '\0'; n_given++) {
        text = classes_next(text, has_commas, &length);
    }
    if (is_given && n_given < *n_classes) {
        return host->fail(
            host, SYNRL_INVALID,
            "%s: classes = \"%.80s\" names %zu, and there is a label %zu: must name %zu", path,
            given, n_given, *n_classes - 1 + (size_t)first, *n_classes);
    }
    const size_t n = is_given ? n_given : *n_classes;
    const size_t size = is_given ? strlen(given) + n : n * 12;
    const char **starts = host->alloc(host, n * sizeof *starts + size, 1);
    if (starts == NULL) {
        return SYNRL_NO_MEMORY;
    }
    char *out = (char *)(starts + n);
    const char *text = given;
    for (size_t c = 0; c < n; c++) {
        starts[c] = out;
        if (is_given) {
            const char *next = classes_next(text, has_commas, &length);
            memcpy(out, text, length);
            text = next;
        } else {
            length = (size_t)snprintf(out, 12, "%u", (unsigned)c + (unsigned)first);
        }
        out += length + 1;
    }
    *n_classes = n;
    *names = starts;
    return SYNRL_OK;
}

#endif
