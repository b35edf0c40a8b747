/* SPDX-License-Identifier: MIT */
#include "sweep/cell_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

const char *cell_value_text(const json_t *value, char text[CELL_VALUE_SIZE]) {
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_real(value)) {
        number_write_shortest(text, json_real_value(value));
        strcat(text, strpbrk(text, ".e") != NULL ? "" : ".0");
    } else if (json_is_integer(value)) {
        snprintf(text, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        return json_is_true(value) ? "true" : "false";
    }
    return text;
}

void cell_describe(const json_t *parameters, char *text, size_t size) {
    const char *key;
    json_t *value;
    size_t length = 0;
    text[0] = '\0';
    json_object_foreach((json_t *)parameters, key, value) {
        char number[CELL_VALUE_SIZE];
        char *list = json_is_array(value) ? json_dump_whole(value, JSON_COMPACT) : NULL;
        const int n = snprintf(text + length, size - length, "%s%s=%s", length > 0 ? " " : "", key,
                               list != NULL ? list : cell_value_text(value, number));
        free(list);
        length = n > 0 && (size_t)n < size - length ? length + (size_t)n : size - 1;
    }
}
