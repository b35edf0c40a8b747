/* SPDX-License-Identifier: MIT */
/* What a command has found, for programs and for people. */
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/names.h"

enum { INLINE_MAX = 16 };

bool output_json(FILE *stream, const json_t *value) {
    char *text = json_text(value, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (text == NULL) {
        return false;
    }
    fprintf(stream, "%s\n", text);
    free(text);
    return true;
}

static bool is_scalar(const json_t *value) {
    return !json_is_object(value) && !json_is_array(value);
}

static bool is_short_list(const json_t *value) {
    if (!json_is_array(value) || json_array_size(value) > INLINE_MAX) {
        return false;
    }
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item) {
        if (!is_scalar(item)) {
            return false;
        }
    }
    return true;
}

static void print_scalar(FILE *stream, const json_t *value) {
    if (json_is_string(value)) {
        fputs(json_string_value(value), stream);
    } else if (json_is_real(value)) {
        fprintf(stream, "%.6g", json_real_value(value));
    } else if (json_is_integer(value)) {
        fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        fputs(json_is_true(value) ? "true" : json_is_false(value) ? "false" : "none", stream);
    }
}

static bool print_field(FILE *stream, const char *name, const json_t *value, int indent);

/* Scalars first: they belong to the name above. */
static bool print_object(FILE *stream, const json_t *object, int indent) {
    const size_t n = json_object_size(object);
    const char **names = calloc(n + 1, sizeof *names);
    if (names == NULL) {
        return false;
    }
    bool is_whole = true;
    size_t k = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        names[k++] = name;
    }
    names_sort(n, names);
    for (int scalars = 1; scalars >= 0; scalars--) {
        for (size_t i = 0; i < n; i++) {
            value = json_object_get(object, names[i]);
            if (is_scalar(value) == (scalars == 1)) {
                is_whole = print_field(stream, names[i], value, indent) && is_whole;
            }
        }
    }
    free(names);
    return is_whole;
}

static bool print_field(FILE *stream, const char *name, const json_t *value, int indent) {
    if (is_scalar(value) || is_short_list(value)) {
        fprintf(stream, "%*s%-*s ", indent, "", 20 - indent, name);
    } else {
        fprintf(stream, "%*s%s\n", indent, "", name);
    }
    if (json_is_object(value)) {
        return print_object(stream, value, indent + 2);
    }
    if (is_scalar(value)) {
        print_scalar(stream, value);
        fputs("\n", stream);
        return true;
    }
    const bool is_inline = is_short_list(value);
    bool is_whole = true;
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item) {
        if (is_inline) {
            fputs(i > 0 ? " " : "", stream);
            print_scalar(stream, item);
        } else {
            char number[32];
            snprintf(number, sizeof number, "[%zu]", i + 1);
            is_whole = print_field(stream, number, item, indent + 2) && is_whole;
        }
    }
    fputs(is_inline ? "\n" : "", stream);
    return is_whole;
}

bool output_print(FILE *stream, const json_t *value) {
    return json_is_object(value) ? print_object(stream, value, 0)
                                 : print_field(stream, "result", value, 0);
}
