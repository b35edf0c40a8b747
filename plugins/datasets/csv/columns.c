/* SPDX-License-Identifier: MIT */

#include "columns.h"

#include <string.h>

#define FAIL_AT(columns, format, ...)                                                         \
    (columns)->host->fail((columns)->host, SYNRL_INVALID, "%s:%zu: " format, (columns)->path, \
                          (columns)->first_line, __VA_ARGS__)

/* Names ---------------------------------------------------------------------------------------- */

synrl_status columns_name(struct columns *columns, const struct buffer *fields) {
    for (size_t f = 0; f < N_ITEMS(struct field, *fields); f++) {
        const struct field *field = &ITEMS(struct field, *fields)[f];
        const size_t start = columns->texts.n;
        SYNRL_TRY(buffer_append(columns->host, &columns->texts, field->text, field->length + 1));
        SYNRL_TRY(buffer_append(columns->host, &columns->names, &start, sizeof start));
    }
    return SYNRL_OK;
}

const char *columns_name_of(const struct columns *columns, size_t column) {
    return column < N_ITEMS(size_t, columns->names)
               ? (const char *)columns->texts.bytes + ITEMS(size_t, columns->names)[column]
               : NULL;
}

const char *columns_describe(const struct columns *columns, size_t column, char *out, size_t size) {
    const char *name = columns_name_of(columns, column);
    if (name == NULL) {
        snprintf(out, size, "column %zu", column + 1);
    } else {
        snprintf(out, size, "column %zu (\"%.40s\")", column + 1, name);
    }
    return out;
}

/* Lists ---------------------------------------------------------------------------------------- */

/* A part of a list, without the blanks around it. */
struct part {
    const char *text;
    size_t length;
};

/* Takes the next part of a list; false after the last. */
static bool next_part(const char **list, struct part *part) {
    if (*list == NULL || **list == '\0') {
        return false;
    }
    *list += strspn(*list, " ");
    *part = (struct part){*list, strcspn(*list, ",")};
    *list += part->length + ((*list)[part->length] == ',');
    while (part->length > 0 && part->text[part->length - 1] == ' ') {
        part->length--;
    }
    return true;
}

static bool is_equal(const struct part *part, const char *name) {
    return strncmp(name, part->text, part->length) == 0 && name[part->length] == '\0';
}

/* "3", "#3", or "-1" of n columns; SIZE_MAX where it is none of these. */
static size_t read_number(const struct part *part, size_t n) {
    size_t number = 0, i = 0;
    const bool is_from_end = part->length > 1 && part->text[0] == '-';
    for (i = is_from_end || (part->length > 1 && part->text[0] == '#'); i < part->length; i++) {
        const char c = part->text[i];
        if (c < '0' || c > '9' || number > N_FIELDS_MAX) {
            return SIZE_MAX;
        }
        number = number * 10 + (size_t)(c - '0');
    }
    if (part->length == 0 || number < 1 || number > n) {
        return SIZE_MAX;
    }
    return is_from_end ? n - number : number - 1;
}

/* The column that a part names: by name, else by number. SIZE_MAX: none. */
static synrl_status find_one(const struct columns *columns, const struct part *part,
                             size_t *column) {
    size_t n_found = 0;
    *column = read_number(part, columns->n);
    for (size_t c = 0; c < N_ITEMS(size_t, columns->names); c++) {
        if (is_equal(part, columns_name_of(columns, c))) {
            *column = c;
            n_found++;
        }
    }
    return n_found < 2 ? SYNRL_OK
                       : FAIL_AT(columns, "%zu columns are named \"%.*s\": must be given by number",
                                 n_found, (int)part->length, part->text);
}

/* The names of the header, as many as there is room for; "" without a header. */
static const char *list_names(const struct columns *columns, char *out, size_t size) {
    size_t n = 0;
    out[0] = '\0';
    for (size_t c = 0; c < N_ITEMS(size_t, columns->names); c++) {
        const char *name = columns_name_of(columns, c);
        if (n + strlen(name) + sizeof ", ..." + 2 > size) {
            strcpy(out + n, n > 0 ? ", ..." : "...");
            break;
        }
        n += (size_t)sprintf(out + n, "%s%s", c > 0 ? ", " : "", name);
    }
    return out;
}

/* The columns that a part names: one, or "2..5". */
static synrl_status find(const struct columns *columns, const struct part *part, size_t *first,
                         size_t *last) {
    SYNRL_TRY(find_one(columns, part, first));
    *last = *first;
    for (size_t i = 1; *first == SIZE_MAX && i + 2 < part->length; i++) {
        if (memcmp(part->text + i, "..", 2) == 0) {
            const struct part end = {part->text + i + 2, part->length - i - 2};
            SYNRL_TRY(find_one(columns, &(struct part){part->text, i}, first));
            SYNRL_TRY(find_one(columns, &end, last));
        }
    }
    if (*first <= *last && *last != SIZE_MAX) {
        return SYNRL_OK;
    }
    char names[200];
    return FAIL_AT(columns, "no column \"%.*s\": must be a number from 1 to %zu%s%s",
                   (int)(part->length < 80 ? part->length : 80), part->text, columns->n,
                   columns->names.n > 0 ? ", or a name of this header: "
                                        : "; this line is not a header",
                   list_names(columns, names, sizeof names));
}

/* Roles ---------------------------------------------------------------------------------------- */

/* A target may be an input too, which then decides the role. */
static synrl_status take(struct columns *columns, size_t column, enum role role) {
    static const char *const roles[] = {"free",     "an input",  "an input",
                                        "a target", "the label", "ignored"};
    const enum role before = COLUMN_ROLE(columns, column);
    char name[80];
    if (before != ROLE_FREE && !(before == ROLE_TARGET && role == ROLE_NUMBER)) {
        columns_describe(columns, column, name, sizeof name);
        return before == role
                   ? FAIL_AT(columns, "%s is %s twice: must be listed once", name, roles[role])
                   : FAIL_AT(columns, "%s is %s and %s: only targets may be inputs as well", name,
                             roles[before], roles[role]);
    }
    columns->roles.bytes[column] = (unsigned char)role;
    return SYNRL_OK;
}

/* Gives the role to the columns of a list, which are also added to `order` unless it is NULL. */
static synrl_status take_list(struct columns *columns, const char *list, enum role role,
                              struct buffer *order) {
    struct part part;
    while (next_part(&list, &part)) {
        size_t first, last;
        SYNRL_TRY(find(columns, &part, &first, &last));
        for (size_t c = first; c <= last; c++) {
            SYNRL_TRY(take(columns, c, role));
            if (order != NULL) {
                SYNRL_TRY(buffer_append(columns->host, order, &c, sizeof c));
            }
        }
    }
    return SYNRL_OK;
}

static bool is_name(const struct columns *columns, const struct part *part) {
    for (size_t c = 0; c < N_ITEMS(size_t, columns->names); c++) {
        if (is_equal(part, columns_name_of(columns, c))) {
            return true;
        }
    }
    return false;
}

/* NAME, or NAME=WORD|WORD: the inputs of words, among those that are inputs. */
static synrl_status take_words(struct columns *columns, const char *list) {
    struct part part;
    while (next_part(&list, &part)) {
        const char *equal = is_name(columns, &part) ? NULL : memchr(part.text, '=', part.length);
        const size_t length = equal != NULL ? (size_t)(equal - part.text) : part.length;
        const struct part name = {part.text, length};
        size_t first, last;
        SYNRL_TRY(find(columns, &name, &first, &last));
        for (size_t c = first; c <= last; c++) {
            const struct word_column words = {c, equal != NULL ? equal + 1 : NULL,
                                              equal != NULL ? part.length - length - 1 : 0};
            if (COLUMN_ROLE(columns, c) != ROLE_NUMBER) {
                return FAIL_AT(columns, "one_hot: column %zu is not an input, or listed twice",
                               c + 1);
            }
            columns->roles.bytes[c] = ROLE_WORD;
            SYNRL_TRY(buffer_append(columns->host, &columns->words, &words, sizeof words));
        }
    }
    return SYNRL_OK;
}

/* R and pandas write the names or numbers of the rows first, in a column with an empty name. */
static void ignore_nameless(struct columns *columns) {
    const char *name = columns_name_of(columns, 0);
    if (name != NULL && *name == '\0' && columns->n > 1 && COLUMN_ROLE(columns, 0) == ROLE_FREE) {
        columns->roles.bytes[0] = ROLE_IGNORED;
        columns->host->log(columns->host, SYNRL_LOG_INFO,
                           "%s: the first column has no name: names of rows, left out",
                           columns->path);
    }
}

synrl_status columns_assign(struct columns *columns, const struct selection *selection) {
    const bool is_chosen = selection->inputs != NULL && *selection->inputs != '\0';
    const struct part label = {selection->label,
                               selection->label != NULL ? strlen(selection->label) : 0};
    SYNRL_TRY(buffer_reserve(columns->host, &columns->roles, columns->n));
    memset(columns->roles.bytes, ROLE_FREE, columns->n);
    columns->label = columns->n;
    if (label.length > 0) {
        size_t last;
        SYNRL_TRY(find(columns, &label, &columns->label, &last));
        if (columns->label != last) {
            return FAIL_AT(columns, "label = \"%s\": must be one column", selection->label);
        }
        SYNRL_TRY(take(columns, last, ROLE_LABEL));
    }
    SYNRL_TRY(take_list(columns, selection->targets, ROLE_TARGET, &columns->targets));
    SYNRL_TRY(take_list(columns, selection->ignore, ROLE_IGNORED, NULL));
    SYNRL_TRY(take_list(columns, selection->inputs, ROLE_NUMBER, &columns->inputs));
    if (!is_chosen) {
        ignore_nameless(columns);
    }
    for (size_t c = 0; c < columns->n && !is_chosen; c++) {
        if (COLUMN_ROLE(columns, c) == ROLE_FREE) {
            columns->roles.bytes[c] = ROLE_NUMBER;
            SYNRL_TRY(buffer_append(columns->host, &columns->inputs, &c, sizeof c));
        }
    }
    if (columns->inputs.n == 0) {
        return FAIL_AT(
            columns, "all columns (%zu) are labels or targets%s: at least one must be an input",
            columns->n,
            selection->ignore != NULL && *selection->ignore != '\0' ? ", or ignored" : "");
    }
    return take_words(columns, selection->one_hot);
}

bool columns_are_named(const struct selection *selection, const struct buffer *fields) {
    const size_t n = N_ITEMS(struct field, *fields);
    const char *const lists[] = {selection->label, selection->targets, selection->inputs,
                                 selection->ignore, selection->one_hot};
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
        const char *list = lists[l];
        struct part part;
        while (next_part(&list, &part)) {
            const char *equal = lists[l] == selection->one_hot && part.length > 0
                                    ? memchr(part.text, '=', part.length)
                                    : NULL;
            part.length = equal != NULL ? (size_t)(equal - part.text) : part.length;
            const bool is_number = read_number(&part, N_FIELDS_MAX) != SIZE_MAX;
            for (size_t f = 0; f < n && !is_number; f++) {
                if (is_equal(&part, ITEMS(struct field, *fields)[f].text) && part.length > 0) {
                    return true;
                }
            }
        }
    }
    return false;
}
