/* SPDX-License-Identifier: MIT */
/* Results that must be equal however they were computed: a list of names, each with a hash. */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TRACE_MOST = 1024, TRACE_NAME = 80 };

struct trace_item {
    char name[TRACE_NAME];
    uint64_t hash;
};
struct trace {
    size_t n;
    struct trace_item items[TRACE_MOST];
};

/* What does not fit is left out, in every trace alike. */
void trace_add(struct trace *trace, const void *bytes, size_t n, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The name of the first result that differs; NULL: none does. */
const char *trace_difference(const struct trace *a, const struct trace *b);
/* Of a trace with the last results of another: those are compared. */
const char *trace_difference_at_end(const struct trace *whole, const struct trace *end);
/* One line per result. */
void trace_write(const struct trace *trace, FILE *to);
/* The same against lines that trace_write wrote elsewhere. */
const char *trace_difference_from_text(const struct trace *trace, const char *text);

#endif
