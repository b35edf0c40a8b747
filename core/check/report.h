/* SPDX-License-Identifier: MIT */
/* What the checks found, line by line. */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <stdio.h>

#include "synrl/host.h"

enum { REPORT_WARNINGS = 32, REPORT_LINE = 1024 };

struct report {
    FILE *to;
    bool quiet; /* no line for what holds */
    size_t n_ok, n_notes, n_wrong;
    bool lacks_memory;                  /* so the rest says nothing of the plugin */
    uint64_t warnings[REPORT_WARNINGS]; /* what was said already, hashed */
    size_t n_warnings;
};

void report_ok(struct report *report, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_note(struct report *report, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_wrong(struct report *report, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a failure of this status means: something is wrong, or cannot be checked; or there was no
 * memory, which is nobody's mistake and gets no line. */
void report_failure(struct report *report, synrl_status status, const char *check,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* For core_options.log: what the host warns of is a finding, and is reported once. */
void report_log(void *report, synrl_log_level level, const char *line);

#endif
