/* SPDX-License-Identifier: MIT */
/* The options of a sweep: values by commas, ranges, and values in braces, whose commas are
 * theirs. */
#include "cli/sweep_grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/suggest.h"
#include "cli/command.h"
#include "cli/common.h"
#include "sweep/grid.h"

/* The words given for one option. */
struct reader {
    struct sweep_grid *grid;
    const char *word, *key; /* of word, terminated */
    json_t *values;
};

static int no_memory(void) {
    fprintf(stderr, "synrl: not enough memory for the options of the sweep\n");
    return EXIT_ERROR;
}

static int add(struct reader *reader, json_t *value) {
    if (json_array_size(reader->values) == SWEEP_CELLS_MAX) {
        json_decref(value);
        return usage_error("option \"%s\": more than %d values", reader->key, SWEEP_CELLS_MAX);
    }
    return json_array_append_new(reader->values, value) == 0 ? EXIT_DONE : no_memory();
}

/* As it was written: 1e-3 stays 1e-3, and 007 stays 007. */
static int add_text(struct reader *reader, const char *text, size_t length) {
    json_t *value = json_stringn(text, length);
    if (value == NULL) {
        return usage_error("option \"%s\": a value that is not UTF-8 cannot be swept", reader->key);
    }
    return add(reader, value);
}

static int add_value(struct reader *reader, const char *text, size_t length) {
    int64_t integer;
    char canonical[NUMBER_SIZE];
    if (signed_read(text, length, &integer)) {
        const int n = snprintf(canonical, sizeof canonical, "%lld", (long long)integer);
        if ((size_t)n == length && memcmp(canonical, text, length) == 0) {
            return add(reader, json_integer(integer));
        }
    }
    const bool is_true = length == 4 && memcmp(text, "true", 4) == 0;
    if (is_true || (length == 5 && memcmp(text, "false", 5) == 0)) {
        return add(reader, json_boolean(is_true));
    }
    return add_text(reader, text, length);
}

/* Ranges --------------------------------------------------------------------------------------- */

static bool are_digits(const char *text, size_t length) {
    const size_t sign = length > 0 && text[0] == '-';
    return length > sign && strspn(text + sign, "0123456789") >= length - sign;
}

/* The dots of FIRST..LAST; NULL: it is not a range. */
static const char *find_dots(const char *text, size_t length) {
    const char *dots = memmem(text, length, "..", 2);
    return dots != NULL && are_digits(text, (size_t)(dots - text)) &&
                   are_digits(dots + 2, length - (size_t)(dots + 2 - text))
               ? dots
               : NULL;
}

static int add_range(struct reader *reader, const char *text, const char *dots, size_t length) {
    int64_t first, last;
    const int n = (int)length;
    if (!signed_read(text, (size_t)(dots - text), &first) ||
        !signed_read(dots + 2, length - (size_t)(dots + 2 - text), &last)) {
        return usage_error("option \"%s\": %.*s: the ends of a range must be integers of 64 bits",
                           reader->key, n, text);
    }
    if (last < first) {
        return usage_error("option \"%s\": %.*s: a range goes upwards: write %lld..%lld",
                           reader->key, n, text, (long long)last, (long long)first);
    }
    const uint64_t steps = (uint64_t)last - (uint64_t)first;
    if (steps >= SWEEP_CELLS_MAX) {
        return usage_error("option \"%s\": %.*s: more than %d values", reader->key, n, text,
                           SWEEP_CELLS_MAX);
    }
    int code = EXIT_DONE;
    for (uint64_t i = 0; i <= steps && code == EXIT_DONE; i++) {
        code = add(reader, json_integer(first + (int64_t)i));
    }
    return code;
}

/* Words ---------------------------------------------------------------------------------------- */

/* The length of a value in braces, with them; 0: they do not match. */
static size_t braced_length(const char *text) {
    size_t depth = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        depth += text[i] == '{';
        depth -= text[i] == '}';
        if (depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* Adds the value, or range, at *text, and moves *text past it. */
static int read_item(struct reader *reader, const char **text) {
    const char *item = *text;
    if (item[0] == '{') {
        const size_t length = braced_length(item);
        if (length == 0 || (item[length] != ',' && item[length] != '\0')) {
            return usage_error("\"%s\": a value that begins with { must end with its }",
                               reader->word);
        }
        *text += length;
        return add_text(reader, item + 1, length - 2);
    }
    const size_t length = strcspn(item, ",");
    const char *dots = find_dots(item, length);
    *text += length;
    if (json_object_set_new(reader->grid->bare, reader->key, json_true()) != 0) {
        return no_memory();
    }
    return dots != NULL ? add_range(reader, item, dots, length) : add_value(reader, item, length);
}

static int read_items(struct reader *reader, const char *text) {
    for (;; text++) {
        const int code = read_item(reader, &text);
        if (code != EXIT_DONE || *text == '\0') {
            return code;
        }
    }
}

static int read_option(struct reader *reader, const char *text) {
    json_t *grid = reader->grid->values;
    if (json_object_get(grid, reader->key) != NULL) {
        return usage_error(
            "option \"%s\" is given twice; for a list, put it in braces and quotes: "
            "'%s={1,2}'",
            reader->key, reader->key);
    }
    reader->values = json_array();
    if (reader->values == NULL) {
        return no_memory();
    }
    const uint64_t lacks = json_lacks();
    if (json_object_set_new(grid, reader->key, reader->values) != 0) {
        if (grid == NULL || json_lacks() != lacks) {
            return no_memory();
        }
        return usage_error("\"%s\": the name of an option must be UTF-8", reader->word);
    }
    return read_items(reader, text);
}

int sweep_grid_add(struct sweep_grid *grid, const char *word) {
    const char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) {
        return usage_error("\"%s\": options are written key=value,value or key=1..5", word);
    }
    grid->values = grid->values != NULL ? grid->values : json_object();
    grid->bare = grid->bare != NULL ? grid->bare : json_object();
    char *key = strndup(word, (size_t)(equals - word));
    struct reader reader = {.grid = grid, .word = word, .key = key};
    const int code = key != NULL ? read_option(&reader, equals + 1) : no_memory();
    free(key);
    return code;
}

void sweep_grid_free(struct sweep_grid *grid) {
    json_decref(grid->values);
    json_decref(grid->bare);
}

/* Fitting the options of the script ------------------------------------------------------------ */

/* A text that two values share if the option, a number, gets the same from both. False where the
 * value is not a number, or is one that a double may have rounded. */
static bool number_key(const json_t *value, bool is_integer, char text[NUMBER_SIZE]) {
    const char *string = json_string_value(value);
    double number = 0;
    if (json_is_integer(value)) {
        snprintf(text, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    }
    if (string == NULL || !number_read(string, strchr(string, '\0'), &number) ||
        fabs(number) >= 9007199254740992) {
        return false;
    }
    number_write_shortest(text, is_integer ? number + 0.0 : number); /* -0 + 0 = 0 */
    return true;
}

/* False: no memory. */
static bool drop_equal_numbers(json_t *values, bool is_integer) {
    json_t *seen = json_object();
    bool is_whole = seen != NULL;
    size_t kept = 0;
    for (size_t i = 0; is_whole && i < json_array_size(values); i++) {
        char key[NUMBER_SIZE];
        json_t *value = json_array_get(values, i);
        const bool is_number = number_key(value, is_integer, key);
        if (is_number && json_object_get(seen, key) != NULL) {
            continue;
        }
        is_whole = !is_number || json_object_set_new(seen, key, json_true()) == 0;
        is_whole = is_whole && json_array_set(values, kept++, value) == 0;
    }
    while (is_whole && json_array_size(values) > kept) {
        json_array_remove(values, json_array_size(values) - 1);
    }
    json_decref(seen);
    return is_whole;
}

static int refuse_option(const char *script, const char *key, const json_t *options) {
    const size_t n = json_object_size(options);
    const char **names = calloc(n + 1, sizeof *names), *name;
    char suggestion[SUGGESTION_SIZE] = "";
    json_t *option;
    size_t k = 0;
    if (names == NULL) {
        return no_memory();
    }
    json_object_foreach((json_t *)options, name, option) {
        names[k++] = name;
    }
    const int code = n == 0 ? usage_error("\"%s\": %s takes no options", key, script)
                            : usage_error("%s: unknown option \"%s\"%s", script, key,
                                          suggest_text(key, n, names, suggestion));
    free(names);
    return code;
}

int sweep_grid_fit(struct sweep_grid *grid, const char *script, const json_t *options) {
    const char *key;
    json_t *values;
    json_object_foreach(grid->values, key, values) {
        const json_t *option = json_object_get(options, key);
        const char *type = json_string_value(json_object_get(option, "type"));
        if (type == NULL) {
            return refuse_option(script, key, options);
        }
        if (strcmp(type, "list") == 0 && json_array_size(values) > 1 &&
            json_object_get(grid->bare, key) != NULL) {
            return usage_error(
                "option \"%s\" is a list: write each value in braces, and quote "
                "them: '%s={1,2},{3,4}'",
                key, key);
        }
        const bool is_integer = strcmp(type, "integer") == 0;
        if ((is_integer || strcmp(type, "number") == 0) &&
            !drop_equal_numbers(values, is_integer)) {
            return no_memory();
        }
    }
    return EXIT_DONE;
}
