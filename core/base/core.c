/* SPDX-License-Identifier: MIT */
/* Allocation, the message of the last failure, and the log. Invariant: message is always a
 * terminated string. */
#include "base/core.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "synrl/utf8.h"

synrl_status core_fail_va(struct core *core, synrl_status status, const char *format,
                          va_list arguments) {
    /* Formats into a second buffer: an argument may be the present message. */
    char message[sizeof core->message];
    const int length = vsnprintf(message, sizeof message, format, arguments);
    if (length >= (int)sizeof message) {
        message[synrl_utf8_cut(message, sizeof message - 1)] = '\0';
    }
    memcpy(core->message, message, sizeof message);
    return status;
}

synrl_status core_fail(struct core *core, synrl_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    core_fail_va(core, status, format, arguments);
    va_end(arguments);
    return status;
}

synrl_status core_fail_in(struct core *core, synrl_status status, const char *prefix) {
    return core_fail(core, status, "%s: %s", prefix, core->message);
}

void core_log_va(struct core *core, synrl_log_level level, const char *who, const char *format,
                 va_list arguments) {
    if (core->log == NULL) {
        return;
    }
    char line[1024];
    const int start = snprintf(line, sizeof line, "%s%s", who, who[0] != '\0' ? ": " : "");
    if (start >= 0 && (size_t)start < sizeof line) {
        vsnprintf(line + start, sizeof line - (size_t)start, format, arguments);
    }
    core->log(core->log_context, level, line);
}

void core_log(struct core *core, synrl_log_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    core_log_va(core, level, "", format, arguments);
    va_end(arguments);
}

void *core_alloc(struct core *core, size_t count, size_t size) {
    if (count == 0 || size == 0) {
        count = size = 1;
    }
    void *memory = NULL;
    if (count <= SIZE_MAX / size) {
        memory = core->allocator.allocate(core->allocator.context, count * size);
    }
    if (memory == NULL) {
        core_fail(core, SYNRL_NO_MEMORY, "not enough memory for %zu x %zu bytes", count, size);
        return NULL;
    }
    return memset(memory, 0, count * size);
}

void core_free(struct core *core, void *memory) {
    if (memory != NULL) {
        core->allocator.free(core->allocator.context, memory);
    }
}

void *core_grow(struct core *core, void *old, size_t n, size_t *capacity, size_t size) {
    if (n < *capacity) {
        return old;
    }
    const size_t larger = 2 * n + 8; /* no overflow: n entries were in memory */
    void *array = core_alloc(core, larger, size);
    if (array == NULL) {
        return NULL;
    }
    if (n > 0) {
        memcpy(array, old, n * size);
    }
    core_free(core, old);
    *capacity = larger;
    return array;
}

char *core_strdup(struct core *core, const char *text) {
    const size_t size = strlen(text) + 1;
    char *copy = core_alloc(core, size, 1);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

char *core_printf(struct core *core, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = core_alloc(core, (size_t)(length < 0 ? 0 : length) + 1, 1);
    if (text != NULL && length >= 0) {
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}
