/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* qsort_r, stpcpy */
#include "samples.h"

#include <stdlib.h>

static int compare(const void *a, const void *b, void *texts) {
    const struct sample *sample_a = a, *sample_b = b;
    const char *text = texts;
    const int order = strcmp(text + sample_a->class_name, text + sample_b->class_name);
    return order != 0 ? order : strcmp(text + sample_a->file_name, text + sample_b->file_name);
}

void samples_sort(const char *texts, size_t n, struct sample *samples) {
    qsort_r(samples, n, sizeof *samples, compare, (void *)texts);
}

bool samples_are_equal(const char *texts, const struct sample *a, const struct sample *b) {
    return compare(a, b, (void *)texts) == 0;
}

synrl_status samples_name(const synrl_host *host, const char *texts, size_t n,
                          const struct sample *samples, bool is_flat, const char *const **names) {
    const char **made;
    size_t size = 0;
    char *out;
    for (size_t s = 0; s < n; s++) {
        size += strlen(texts + samples[s].class_name) + strlen(texts + samples[s].file_name) + 2;
    }
    SYNRL_TRY(SYNRL_NEW(host, made, n));
    SYNRL_TRY(SYNRL_NEW(host, out, size));
    for (size_t s = 0; s < n; s++) {
        made[s] = out;
        if (!is_flat) {
            out = stpcpy(stpcpy(out, texts + samples[s].class_name), "/");
        }
        out = stpcpy(out, texts + samples[s].file_name) + 1;
    }
    *names = made;
    return SYNRL_OK;
}
