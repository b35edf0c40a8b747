/* SPDX-License-Identifier: MIT */
/* Rows become numbers as they are read; only the distinct words of a column are kept. */
#define _GNU_SOURCE /* locale_t */
#include "table.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "header.h"
#include "text.h"

#define FAIL_AT(table, at, format, ...)                                                            \
    (table)->host->fail((table)->host, SYNRL_INVALID, "%s:%zu: " format, (table)->reader.path, at, \
                        __VA_ARGS__)

static struct field *field_of(const struct table *table, size_t column) {
    return &ITEMS(struct field, table->reader.fields)[column + table->shift];
}

/* Missing values ------------------------------------------------------------------------------- */

static synrl_status list_missing(struct table *table) {
    const char *list = table->options->missing_words;
    const size_t size = list != NULL ? strlen(list) + 1 : 0;
    if (size < 2) {
        return SYNRL_OK;
    }
    SYNRL_TRY(buffer_append(table->host, &table->missing, list, size));
    for (char *comma = (char *)table->missing.bytes; (comma = strchr(comma, ',')) != NULL;) {
        *comma++ = '\0';
    }
    return SYNRL_OK;
}

/* An empty field is missing, whatever the words. */
static bool is_missing(const struct table *table, const struct field *field, enum role role) {
    if (field->length == 0 || table->missing.n == 0) {
        return field->length == 0 ||
               (role == ROLE_NUMBER || role == ROLE_TARGET ? text_is_missing(field->text)
                                                           : text_is_missing_word(field->text));
    }
    const char *end = (const char *)table->missing.bytes + table->missing.n;
    for (const char *word = (const char *)table->missing.bytes; word < end;
         word += strlen(word) + 1) {
        if (strcasecmp(word, field->text) == 0) {
            return true;
        }
    }
    return false;
}

#define MISSING_HINT "missing = \"drop\" leaves such rows out, \"mean\" fills them in"

static bool has_decimal_comma(const char *text) {
    const size_t before = strspn(text, "+-0123456789");
    return text[before] == ',' && text[before + 1] >= '0' && text[before + 1] <= '9' &&
           strspn(text + before + 1, "0123456789eE+-") == strlen(text + before + 1);
}

/* What is to be done about a field that is not a number. */
static const char *number_hint(const struct table *table, size_t column, bool is_target, char *out,
                               size_t size) {
    const struct field *field = field_of(table, column);
    const char *name = columns_name_of(&table->columns, column);
    char number[32];
    snprintf(number, sizeof number, "%zu", column + 1);
    name = name != NULL && *name != '\0' && strlen(name) < 40 ? name : number;
    if (table->reader.separator == ' ') {
        snprintf(out, size, "; separator = \"blanks\" takes any number of blanks for one");
    } else if (is_missing(table, field, ROLE_NUMBER)) {
        snprintf(out, size, "; %s, ignore = \"%s\" leaves the column out",
                 is_target ? "missing = \"drop\" leaves such rows out" : MISSING_HINT, name);
    } else if (has_decimal_comma(field->text)) {
        snprintf(out, size, "; is it a number with decimal = \"comma\"?");
    } else {
        snprintf(out, size,
                 is_target ? "%.0s"
                           : "; one_hot = \"%s\" makes inputs of words, ignore = \"%s\" "
                             "leaves the column out",
                 name, name);
    }
    return out;
}

static synrl_status refuse_number(const struct table *table, size_t column, bool is_target) {
    const char *text = field_of(table, column)->text;
    char name[80], hint[200];
    columns_describe(&table->columns, column, name, sizeof name);
    number_hint(table, column, is_target, hint, sizeof hint);
    return *text == '\0'
               ? FAIL_AT(table, table->reader.line, "%s is empty: must be a number%s", name, hint)
               : FAIL_AT(table, table->reader.line, "%s is \"%.40s\": must be a finite number%s",
                         name, text, hint);
}

/* Rows ----------------------------------------------------------------------------------------- */

static synrl_status append_pixel(struct table *table, size_t column) {
    float value;
    char name[80];
    if (!number_read(&table->options->format, field_of(table, column), &value)) {
        return refuse_number(table, column, false);
    }
    if (!(value >= 0 && value <= 255 && floorf(value) == value)) {
        columns_describe(&table->columns, column, name, sizeof name);
        return FAIL_AT(table, table->reader.line,
                       "%s is %g: pixels must be whole numbers from 0 to 255", name, (double)value);
    }
    const unsigned char byte = (unsigned char)value;
    return buffer_append(table->host, &table->inputs, &byte, 1);
}

/* The n-th of the inputs of numbers. */
static synrl_status append_input(struct table *table, size_t column, size_t n) {
    const struct field *field = field_of(table, column);
    float value;
    if (!number_read(&table->options->format, field, &value)) {
        if (table->options->missing != MISSING_MEAN || !is_missing(table, field, ROLE_NUMBER)) {
            return refuse_number(table, column, false);
        }
        value = NAN;
    } else if (table->options->missing == MISSING_MEAN && table->missing.n > 0 &&
               is_missing(table, field, ROLE_NUMBER)) {
        value = NAN; /* such as -999 */
    }
    ITEMS(size_t, table->n_missing)[n] += isnan(value) != 0;
    return buffer_append(table->host, &table->inputs, &value, sizeof value);
}

/* The number of the word among those that one_hot lists; SIZE_MAX: none. */
static size_t find_listed(const struct word_column *listed, const struct field *field) {
    size_t number = 0;
    for (const char *at = listed->words, *end = at + listed->length; at <= end; number++) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        const size_t length = (size_t)((bar != NULL ? bar : end) - at);
        if (length == field->length && memcmp(at, field->text, length) == 0) {
            return number;
        }
        at += length + 1;
    }
    return SIZE_MAX;
}

static synrl_status append_word(struct table *table, size_t n) {
    const struct word_column *column = &ITEMS(struct word_column, table->columns.words)[n];
    const struct field *field = field_of(table, column->column);
    struct word_input *input = &table->words[n];
    char name[80];
    int32_t number = -1;
    columns_describe(&table->columns, column->column, name, sizeof name);
    if (is_missing(table, field, ROLE_WORD) &&
        (column->words == NULL || find_listed(column, field) == SIZE_MAX)) {
        if (table->options->missing != MISSING_MEAN) {
            return FAIL_AT(table, table->reader.line, "%s is \"%.40s\": must be a word; %s", name,
                           field->text, MISSING_HINT);
        }
    } else if (column->words != NULL && find_listed(column, field) == SIZE_MAX) {
        return FAIL_AT(table, table->reader.line, "%s is \"%.40s\": must be one of %.*s", name,
                       field->text, (int)(column->length < 120 ? column->length : 120),
                       column->words);
    } else {
        SYNRL_TRY(words_add(table->host, &input->words, field->text, field->length,
                            table->reader.line, &number));
    }
    return buffer_append(table->host, &input->rows, &number, sizeof number);
}

static synrl_status append_inputs(struct table *table) {
    const size_t *columns = ITEMS(size_t, table->columns.inputs);
    const size_t n = N_ITEMS(size_t, table->columns.inputs);
    size_t number = 0;
    for (size_t i = 0; i < n; i++) {
        if (table->options->are_pixels) {
            SYNRL_TRY(append_pixel(table, columns[i]));
        } else if (COLUMN_ROLE(&table->columns, columns[i]) == ROLE_NUMBER) {
            SYNRL_TRY(append_input(table, columns[i], number++));
        }
    }
    for (size_t w = 0; w < N_ITEMS(struct word_column, table->columns.words); w++) {
        SYNRL_TRY(append_word(table, w));
    }
    return SYNRL_OK;
}

static synrl_status append_targets(struct table *table) {
    for (size_t t = 0; t < N_ITEMS(size_t, table->columns.targets); t++) {
        const size_t column = ITEMS(size_t, table->columns.targets)[t];
        float value;
        if (!number_read(&table->options->format, field_of(table, column), &value)) {
            return refuse_number(table, column, true);
        }
        SYNRL_TRY(buffer_append(table->host, &table->targets, &value, sizeof value));
    }
    return SYNRL_OK;
}

static synrl_status append_label(struct table *table) {
    const size_t column = table->columns.label;
    int32_t number;
    if (column == table->columns.n) {
        return SYNRL_OK;
    }
    const struct field *field = field_of(table, column);
    if (field->length == 0) {
        char name[80];
        return FAIL_AT(table, table->reader.line,
                       "%s is empty: must be a label; missing = \"drop\" leaves such rows out",
                       columns_describe(&table->columns, column, name, sizeof name));
    }
    SYNRL_TRY(words_add(table->host, &table->label_words, field->text, field->length,
                        table->reader.line, &number));
    return buffer_append(table->host, &table->labels, &number, sizeof number);
}

/* Whether a value that is needed is missing. */
static bool is_dropped(const struct table *table) {
    for (size_t c = 0; c < table->columns.n; c++) {
        const enum role role = COLUMN_ROLE(&table->columns, c);
        if (role != ROLE_IGNORED && role != ROLE_FREE &&
            is_missing(table, field_of(table, c), role)) {
            return true;
        }
    }
    return false;
}

/* A plain file tells how many rows are still to come. */
static synrl_status reserve(struct table *table) {
    enum { SEEN = 64 };
    const struct reader *reader = &table->reader;
    const size_t at = reader->n_before + reader->next;
    if (table->n_rows != SEEN || reader->size <= at) {
        return SYNRL_OK;
    }
    const double share = (double)(reader->size - at) / (double)at;
    return buffer_reserve(table->host, &table->inputs,
                          (size_t)((double)table->inputs.n * share * 1.02));
}

static synrl_status read_row(struct table *table) {
    const size_t n = N_ITEMS(struct field, table->reader.fields) - table->shift;
    if (n != table->columns.n) {
        const struct field *last = field_of(table, n - 1);
        return FAIL_AT(table, table->reader.line, "%zu fields: must be %zu, as in line %zu%s",
                       n + table->shift, table->columns.n + table->shift, table->columns.first_line,
                       table->reader.separator == ' '
                           ? "; separator = \"blanks\" takes any number of blanks for one"
                       : last->length == 0 && n == table->columns.n + 1
                           ? "; the line ends with a separator"
                           : "");
    }
    if (table->options->missing == MISSING_DROP && is_dropped(table)) {
        table->first_dropped = table->n_dropped++ == 0 ? table->reader.line : table->first_dropped;
        return SYNRL_OK;
    }
    SYNRL_TRY(append_inputs(table));
    SYNRL_TRY(append_targets(table));
    SYNRL_TRY(append_label(table));
    const uint32_t line =
        table->reader.line < UINT32_MAX ? (uint32_t)table->reader.line : UINT32_MAX;
    SYNRL_TRY(buffer_append(table->host, &table->lines, &line, sizeof line));
    table->n_rows++;
    return reserve(table);
}

/* Reading -------------------------------------------------------------------------------------- */

#define HEADER_HINT "is this line a header? %s: must be said by header = \"yes\" or \"no\""

/* One field in a line that has what often separates fields. */
static synrl_status check_separator(const struct table *table) {
    const struct field *field = field_of(table, 0);
    if (N_ITEMS(struct field, table->reader.fields) != 1) {
        return SYNRL_OK;
    }
    const char *found = strpbrk(field->text, ";\t,|") != NULL ? strpbrk(field->text, ";\t,|")
                                                              : strchr(field->text, ' ');
    if (found == NULL) {
        return SYNRL_OK;
    }
    const char text[] = {*found, '\0'};
    return FAIL_AT(
        table, table->reader.line,
        "a single field, \"%.40s\": is its separator = \"%s\"? (skip and comment leave lines out)",
        field->text,
        *found == '\t'  ? "tab"
        : *found == ' ' ? "blanks"
                        : text);
}

/* The first record: the header, or a sample. Leaves the first sample in the reader. */
static synrl_status read_first(struct table *table, bool *found) {
    const struct table_options *options = table->options;
    struct columns *columns = &table->columns;
    struct buffer *fields = &table->reader.fields;
    SYNRL_TRY(reader_next(&table->reader, found));
    if (!*found) {
        return table->host->fail(table->host, SYNRL_INVALID,
                                 "%s: is empty: must have at least one line of numbers",
                                 table->reader.path);
    }
    columns->first_line = table->reader.line;
    columns->n = N_ITEMS(struct field, *fields);
    SYNRL_TRY(check_separator(table));
    const bool is_header = options->header == HEADER_YES ||
                           (options->header == HEADER_AUTO &&
                            header_is_likely(&options->selection, &options->format, fields));
    if (is_header) {
        SYNRL_TRY(columns_name(columns, fields));
    }
    SYNRL_TRY(columns_assign(columns, &options->selection));
    const char *doubt =
        options->header == HEADER_AUTO ? header_doubt(&options->selection, columns, fields) : NULL;
    table->is_guessed = options->header == HEADER_AUTO && !is_header;
    if (doubt != NULL) {
        return FAIL_AT(table, columns->first_line, HEADER_HINT, doubt);
    }
    return is_header ? reader_next(&table->reader, found) : SYNRL_OK;
}

/* R writes the names of the rows without a name for their column. */
static synrl_status find_row_names(struct table *table) {
    const size_t n = N_ITEMS(struct field, table->reader.fields);
    if (table->columns.names.n == 0 || n != table->columns.n + 1) {
        return SYNRL_OK;
    }
    if (ITEMS(struct field, table->reader.fields)[n - 1].length == 0) {
        return FAIL_AT(table, table->reader.line,
                       "%zu fields: must be %zu, as in line %zu; the line ends with a separator", n,
                       n - 1, table->columns.first_line);
    }
    table->shift = 1;
    table->host->log(
        table->host, SYNRL_LOG_INFO,
        "%s: the first of %zu fields has no name in the header: names of rows, left out",
        table->reader.path, n);
    return SYNRL_OK;
}

static synrl_status prepare_inputs(struct table *table) {
    const size_t n_words = N_ITEMS(struct word_column, table->columns.words);
    table->n_numbers = N_ITEMS(size_t, table->columns.inputs) - n_words;
    SYNRL_TRY(SYNRL_NEW(table->host, table->words, n_words + 1));
    SYNRL_TRY(
        buffer_reserve(table->host, &table->n_missing, table->n_numbers * sizeof(size_t) + 1));
    table->n_missing.n = table->n_numbers * sizeof(size_t);
    return SYNRL_OK;
}

synrl_status table_read(struct table *table, size_t n_skipped) {
    bool found;
    SYNRL_TRY(list_missing(table));
    SYNRL_TRY(reader_open(&table->reader, n_skipped));
    SYNRL_TRY(read_first(table, &found));
    SYNRL_TRY(prepare_inputs(table));
    if (found) {
        SYNRL_TRY(find_row_names(table));
    }
    while (found) {
        SYNRL_TRY(read_row(table));
        SYNRL_TRY(reader_next(&table->reader, &found));
    }
    if (table->n_rows > 0) {
        return SYNRL_OK;
    }
    return table->n_dropped > 0
               ? table->host->fail(table->host, SYNRL_INVALID,
                                   "%s: each of %zu lines has a missing value: missing = \"mean\" "
                                   "fills them in, ignore leaves columns out",
                                   table->reader.path, table->n_dropped)
               : FAIL_AT(table, table->columns.first_line, "%s",
                         "a header without a line of numbers after it");
}

void table_free(struct table *table) {
    reader_close(&table->reader);
    for (size_t w = 0;
         table->words != NULL && w < N_ITEMS(struct word_column, table->columns.words); w++) {
        words_free(table->host, &table->words[w].words);
        buffer_free(table->host, &table->words[w].rows);
    }
    words_free(table->host, &table->label_words);
    buffer_free(table->host, &table->labels);
    buffer_free(table->host, &table->n_missing);
    buffer_free(table->host, &table->missing);
}
