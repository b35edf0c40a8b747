/* SPDX-License-Identifier: MIT */
#include "check/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include <xxhash.h>

void trace_add(struct trace *trace, const void *bytes, size_t n, const char *format, ...) {
    va_list arguments;
    if (trace->n == TRACE_MOST) {
        return;
    }
    struct trace_item *item = &trace->items[trace->n++];
    va_start(arguments, format);
    vsnprintf(item->name, sizeof item->name, format, arguments);
    va_end(arguments);
    item->hash = XXH3_64bits(bytes, n);
}

const char *trace_difference_at_end(const struct trace *whole, const struct trace *end) {
    const size_t skipped = whole->n > end->n ? whole->n - end->n : 0;
    for (size_t i = 0; i < end->n; i++) {
        const struct trace_item *wanted = &whole->items[skipped + i], *got = &end->items[i];
        if (skipped + i >= whole->n || strcmp(wanted->name, got->name) != 0 ||
            wanted->hash != got->hash) {
            return got->name;
        }
    }
    return NULL;
}

const char *trace_difference(const struct trace *a, const struct trace *b) {
    return a->n == b->n  ? trace_difference_at_end(a, b)
           : a->n > b->n ? a->items[b->n].name
                         : b->items[a->n].name;
}

static int write_item(const struct trace_item *item, char *line, size_t size) {
    return snprintf(line, size, "%016" PRIx64 " %s\n", item->hash, item->name);
}

void trace_write(const struct trace *trace, FILE *to) {
    char line[2 * TRACE_NAME];
    for (size_t i = 0; i < trace->n; i++) {
        write_item(&trace->items[i], line, sizeof line);
        fputs(line, to);
    }
}

const char *trace_difference_from_text(const struct trace *trace, const char *text) {
    char line[2 * TRACE_NAME];
    for (size_t i = 0; i < trace->n; i++) {
        const size_t n = (size_t)write_item(&trace->items[i], line, sizeof line);
        if (strncmp(text, line, n) != 0) {
            return trace->items[i].name;
        }
        text += n;
    }
    return NULL;
}
