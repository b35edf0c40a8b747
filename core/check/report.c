/* SPDX-License-Identifier: MIT */
/* Invariant: one line per finding. */
#include "check/report.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <xxhash.h>

static void write_line(const struct report *report, const char *verdict, const char *check,
                       const char *format, va_list arguments) {
    char text[REPORT_LINE];
    vsnprintf(text, sizeof text, format, arguments);
    if (text[0] != '\0') {
        fprintf(report->to, "%-5s  %-10s  %s\n", verdict, check, text);
    } else {
        fprintf(report->to, "%-5s  %s\n", verdict, check);
    }
}

void report_ok(struct report *report, const char *check, const char *format, ...) {
    va_list arguments;
    report->n_ok++;
    va_start(arguments, format);
    if (!report->quiet) {
        write_line(report, "ok", check, format, arguments);
    }
    va_end(arguments);
}

void report_note(struct report *report, const char *check, const char *format, ...) {
    va_list arguments;
    report->n_notes++;
    va_start(arguments, format);
    write_line(report, "note", check, format, arguments);
    va_end(arguments);
}

void report_wrong(struct report *report, const char *check, const char *format, ...) {
    va_list arguments;
    report->n_wrong++;
    va_start(arguments, format);
    write_line(report, "wrong", check, format, arguments);
    va_end(arguments);
}

void report_failure(struct report *report, synrl_status status, const char *check,
                    const char *format, ...) {
    const bool is_unsupported = status == SYNRL_UNSUPPORTED;
    va_list arguments;
    if (status == SYNRL_NO_MEMORY) {
        report->lacks_memory = true;
        return;
    }
    report->n_notes += is_unsupported;
    report->n_wrong += !is_unsupported;
    va_start(arguments, format);
    write_line(report, is_unsupported ? "note" : "wrong", check, format, arguments);
    va_end(arguments);
}

/* Of the line without its digits: the same warning of a longer run is no news. */
static uint64_t hash_words(const char *line) {
    char words[REPORT_LINE];
    size_t n = 0;
    for (; *line != '\0' && n < sizeof words; line++) {
        if (!isdigit((unsigned char)*line)) {
            words[n++] = *line;
        }
    }
    return XXH3_64bits(words, n);
}

static bool is_news(struct report *report, const char *line) {
    const uint64_t hash = hash_words(line);
    for (size_t i = 0; i < report->n_warnings; i++) {
        if (report->warnings[i] == hash) {
            return false;
        }
    }
    if (report->n_warnings < REPORT_WARNINGS) {
        report->warnings[report->n_warnings++] = hash;
    }
    return true;
}

void report_log(void *context, synrl_log_level level, const char *line) {
    struct report *report = context;
    const bool is_checked = strstr(line, "moved no weight") != NULL; /* by a check of its own */
    if (level != SYNRL_LOG_WARNING || is_checked || !is_news(report, line)) {
        return;
    }
    if (strstr(line, "the loss is not finite") != NULL) {
        report_note(report, "warning", "%s", line);
    } else {
        const bool is_memory =
            strstr(line, "memory") != NULL || strstr(line, "past the end") != NULL;
        report_wrong(report, is_memory ? "memory" : "warning", "%s", line);
    }
}
