/* SPDX-License-Identifier: MIT */
/* Rows of comma-separated values. Invariant: fields point into the text. */
#include "base/csv.h"

#include <stdio.h>
#include <string.h>

struct csv csv_begin(struct core *core, const char *path, const char *text, size_t size) {
    const bool has_mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
    return (struct csv){
        .core = core, .path = path, .next = text + (has_mark ? 3 : 0), .end = text + size};
}

void csv_end(struct csv *csv) {
    core_free(csv->core, csv->fields);
    csv->fields = NULL;
    csv->n_fields = csv->capacity = 0;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static struct csv_field trimmed(const char *start, const char *end) {
    while (start < end && is_blank(*start)) {
        start++;
    }
    while (end > start && is_blank(end[-1])) {
        end--;
    }
    return (struct csv_field){start, end, false};
}

/* The quote that closes a field whose first character is one; NULL where the field is not followed
 * by a comma or the line's end. */
static const char *closing_quote(const char *start, const char *end) {
    const char *quote = start + 1;
    while (quote < end && (*quote != '"' || (quote + 1 < end && quote[1] == '"'))) {
        quote += *quote == '"' ? 2 : 1;
    }
    const char *next = quote < end ? quote + 1 : end;
    while (next < end && is_blank(*next)) {
        next++;
    }
    return quote < end && (next == end || *next == ',') ? quote : NULL;
}

/* Takes the field at the beginning of [start, end); *comma is what ends it, or NULL. */
static struct csv_field take_field(const char *start, const char *end, const char **comma) {
    const char *first = start;
    while (first < end && is_blank(*first)) {
        first++;
    }
    const char *quote = first < end && *first == '"' ? closing_quote(first, end) : NULL;
    const char *from = quote != NULL ? quote : start;
    *comma = from < end ? memchr(from, ',', (size_t)(end - from)) : NULL;
    return quote != NULL ? (struct csv_field){first + 1, quote, true}
                         : trimmed(start, *comma != NULL ? *comma : end);
}

static synrl_status split(struct csv *csv, const char *start, const char *end) {
    csv->n_fields = 0;
    for (bool more = true; more;) {
        const char *comma;
        const struct csv_field field = take_field(start, end, &comma);
        if (csv->n_fields == csv->capacity) {
            struct csv_field *fields =
                core_grow(csv->core, csv->fields, csv->n_fields, &csv->capacity, sizeof *fields);
            if (fields == NULL) {
                return SYNRL_NO_MEMORY;
            }
            csv->fields = fields;
        }
        more = comma != NULL;
        csv->fields[csv->n_fields++] = field;
        start = more ? comma + 1 : end;
    }
    return SYNRL_OK;
}

synrl_status csv_next(struct csv *csv, bool *any) {
    *any = false;
    while (csv->next < csv->end) {
        const char *start = csv->next;
        const char *end = memchr(start, '\n', (size_t)(csv->end - start));
        csv->line++;
        csv->is_cut = end == NULL;
        csv->next = end != NULL ? end + 1 : csv->end;
        if (end == NULL) {
            return SYNRL_OK;
        }
        end -= end > start && end[-1] == '\r';
        csv->length = (size_t)(end - start);
        if (csv->length > 0) {
            *any = true;
            return split(csv, start, end);
        }
    }
    return SYNRL_OK;
}

synrl_status csv_fail(const struct csv *csv, const char *format, ...) {
    char where[1024];
    va_list arguments;
    va_start(arguments, format);
    const synrl_status status = core_fail_va(csv->core, SYNRL_INVALID, format, arguments);
    va_end(arguments);
    snprintf(where, sizeof where, "%s:%zu", csv->path, csv->line);
    return core_fail_in(csv->core, status, where);
}

bool csv_is(struct csv_field field, const char *text) {
    const size_t length = strlen(text);
    return (size_t)(field.end - field.start) == length && memcmp(field.start, text, length) == 0;
}

const char *csv_text(struct csv_field field, char text[CSV_TEXT_SIZE]) {
    size_t n = 0;
    for (; field.start < field.end && n < CSV_TEXT_SIZE - 4; field.start++) {
        const unsigned char c = (unsigned char)*field.start;
        text[n++] = (char)(c < ' ' || c > '~' ? '?' : c);
    }
    strcpy(text + n, field.start < field.end ? "..." : "");
    return text;
}
