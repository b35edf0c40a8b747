/* SPDX-License-Identifier: MIT */
/* Numbers in columns, from a text file: RFC 4180 with any one-byte separator, and LF, CRLF or CR at
 * the ends of lines. Invariant: what is not a table of finite numbers is refused with its line;
 * numbers are parsed in the C locale; labels are never compared as floating-point numbers. */
#define _GNU_SOURCE /* strtof_l */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <synrl/dataset.h>

#include "buffer.h"
#include "csv/labels.h"
#include "csv/text.h"
#include "open.h"

struct config {
    const char *path, *label, *targets, *separator;
    int32_t header;
    int64_t limit;
};

enum { HEADER_AUTO, HEADER_YES, HEADER_NO };

static const synrl_param params[] = {
    SYNRL_STRING(path, SYNRL_REQUIRED, "the file"),
    SYNRL_STRING(label, SYNRL_OPTIONAL,
                 "the column of the labels, numbers or words: its name, or \"1\" for the first"),
    SYNRL_STRING(targets, SYNRL_OPTIONAL,
                 "columns of targets, by name or number: \"x,y\" or \"3,4\"; the rest are inputs"),
    SYNRL_CHOICE(header, "auto", "auto|yes|no",
                 "whether the first line names the columns; auto: if it contains no number"),
    SYNRL_STRING(separator, ",", "the byte that separates fields"),
    SYNRL_INTEGER(limit, "4096", 1, 1 << 20, "MiB that the file may have"),
};

enum { N_COLUMNS_MAX = 1000000 };

/* Fields are unquoted and terminated in place, in `text`. */
struct csv {
    const synrl_host *host;
    const struct config *config;
    locale_t locale; /* "C" */
    struct buffer text;
    char *next, *end;     /* the unread rest; *end is 0 */
    size_t line;          /* first line of the current record, from 1 */
    size_t next_line;     /* line of `next` */
    struct buffer fields; /* char *, of the current record */
    struct buffer names;  /* char *, of the header; empty without one */
    size_t n_columns, first_line;
    size_t label;                  /* column; n_columns: none */
    struct buffer target_columns;  /* size_t, in the order requested */
    struct buffer is_input;        /* [n_columns] bytes */
    struct buffer inputs, targets; /* float */
    struct buffer label_texts;     /* struct label */
    bool is_guessed;               /* the first record is data by a guess */
    int32_t *labels;
    const char **class_names;
};

#define HEADER_HINT "%s: must be said by header = \"yes\" or \"no\""
#define FAIL(csv, ...) (csv)->host->fail((csv)->host, SYNRL_INVALID, __VA_ARGS__)
#define FAIL_AT(csv, at, format, ...) \
    FAIL(csv, "%s:%zu: " format, (csv)->config->path, at, __VA_ARGS__)

/* Records -------------------------------------------------------------------------------------- */

static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

/* Skips one LF, CRLF or CR. */
static void skip_line_end(struct csv *csv) {
    csv->next += csv->next[0] == '\r' && csv->next[1] == '\n' ? 2 : 1;
    csv->next_line++;
}

static bool is_blank(char c, char separator) {
    return (c == ' ' || c == '\t') && c != separator;
}

static void skip_blanks(struct csv *csv, char separator) {
    while (is_blank(*csv->next, separator)) { /* *end is 0 */
        csv->next++;
    }
}

/* Skips lines of nothing but blanks. */
static void skip_empty_lines(struct csv *csv, char separator) {
    for (;;) {
        char *start = csv->next;
        skip_blanks(csv, separator);
        if (csv->next == csv->end) {
            return;
        }
        if (!is_line_end(*csv->next)) {
            csv->next = start;
            return;
        }
        skip_line_end(csv);
    }
}

static char *trim(char *start, char *end) {
    while (start < end && (*start == ' ' || *start == '\t')) {
        start++;
    }
    while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    *end = '\0';
    return start;
}

/* Reads a quoted field, from after the opening quote to after the closing one; the text moves left
 * as quotes are removed. */
static synrl_status unquote(struct csv *csv, char **field) {
    char *out = csv->next;
    const size_t line = csv->next_line;
    *field = out;
    for (char *in = out; in < csv->end; in++) {
        if (in[0] == '"' && in[1] != '"') {
            csv->next = in + 1;
            *out = '\0';
            return SYNRL_OK;
        }
        in += in[0] == '"';
        csv->next_line += *in == '\n' || (*in == '\r' && in[1] != '\n');
        *out++ = *in;
    }
    return FAIL_AT(csv, line, "%s", "a quote (\") is opened and never closed");
}

/* Reads one field; leaves `next` at the character that ended it, which is in *ended. */
static synrl_status read_field(struct csv *csv, char separator, char **field, char *ended) {
    if (*csv->next == '"') {
        csv->next++;
        SYNRL_TRY(unquote(csv, field));
        skip_blanks(csv, separator);
        *ended = *csv->next;
        if (csv->next < csv->end && *ended != separator && !is_line_end(*ended)) {
            return FAIL_AT(csv, csv->next_line, "unexpected text after a closing quote: \"%.20s\"",
                           csv->next);
        }
        return SYNRL_OK;
    }
    char *start = csv->next;
    while (csv->next < csv->end && *csv->next != separator && !is_line_end(*csv->next)) {
        csv->next++;
    }
    *ended = *csv->next;
    *field = start;
    return SYNRL_OK;
}

/* Reads the next record that is not an empty line into `fields`; *found is false after the last. */
static synrl_status read_record(struct csv *csv, bool *found) {
    const char separator = csv->config->separator[0];
    skip_empty_lines(csv, separator);
    csv->fields.n = 0;
    csv->line = csv->next_line;
    *found = csv->next < csv->end;
    while (*found) {
        char *field, ended;
        skip_blanks(csv, separator);
        const bool is_quoted = *csv->next == '"';
        SYNRL_TRY(read_field(csv, separator, &field, &ended));
        const bool at_end = csv->next == csv->end;
        char *stop = csv->next;
        if (!at_end && is_line_end(ended)) {
            skip_line_end(csv);
        } else if (!at_end) {
            csv->next++;
        }
        field = is_quoted ? field : trim(field, stop);
        SYNRL_TRY(buffer_append(csv->host, &csv->fields, &field, sizeof field));
        if (N_ITEMS(char *, csv->fields) > N_COLUMNS_MAX) {
            return FAIL_AT(csv, csv->line, "more than %d fields", N_COLUMNS_MAX);
        }
        if (at_end || is_line_end(ended)) {
            return SYNRL_OK;
        }
    }
    return SYNRL_OK;
}

/* Numbers -------------------------------------------------------------------------------------- */

static bool parse_number(const struct csv *csv, const char *text, float *value) {
    const size_t length = strlen(text);
    if (length == 0 || strspn(text, "+-.0123456789eE") != length) {
        return false; /* as are "nan", "inf" and hexadecimal numbers */
    }
    char *stop;
    *value = strtof_l(text, &stop, csv->locale);
    return *stop == '\0' && stop != text && isfinite(*value);
}

/* "column 3 (\"width\")", in `out`. */
static const char *column_name(const struct csv *csv, size_t column, char *out, size_t size) {
    if (csv->names.n == 0) {
        snprintf(out, size, "column %zu", column + 1);
    } else {
        snprintf(out, size, "column %zu (\"%.40s\")", column + 1,
                 ITEMS(char *, csv->names)[column]);
    }
    return out;
}

static synrl_status append_number(struct csv *csv, size_t column, struct buffer *values) {
    const char *text = ITEMS(char *, csv->fields)[column];
    char name[80];
    float value;
    if (!parse_number(csv, text, &value)) {
        column_name(csv, column, name, sizeof name);
        return *text == '\0' ? FAIL_AT(csv, csv->line, "%s is empty: must be a number", name)
                             : FAIL_AT(csv, csv->line, "%s is \"%.40s\": must be a finite number",
                                       name, text);
    }
    return buffer_append(csv->host, values, &value, sizeof value);
}

/* Columns -------------------------------------------------------------------------------------- */

/* Whether the current record contains no number, and in a column that may be an input something
 * else than a missing value: a line of "nan,nan,A" is a sample, and refused. */
static bool looks_like_header(const struct csv *csv) {
    const size_t n = N_ITEMS(char *, csv->fields);
    const char *label = csv->config->label;
    size_t n_words = 0;
    float value;
    for (size_t c = 0; c < n; c++) {
        const char *field = ITEMS(char *, csv->fields)[c];
        char number[24];
        snprintf(number, sizeof number, "%zu", c + 1);
        if (parse_number(csv, field, &value)) {
            return false;
        }
        n_words += !text_is_missing(field) && (label == NULL || strcmp(label, number) != 0);
    }
    return n_words > 0 || n < 2;
}

/* Whether the current record is 0, 1, 2 ... or 1, 2, 3 ... */
static bool counts_columns(const struct csv *csv) {
    uint64_t first = 0, value;
    for (size_t c = 0; c < csv->n_columns; c++) {
        if (!text_is_index(ITEMS(char *, csv->fields)[c], &value) || (c == 0 && value > 1)) {
            return false;
        }
        first = c == 0 ? value : first;
        if (value != first + c) {
            return false;
        }
    }
    return true;
}

/* Whether the inputs of the current record, at least three, are integers at equal distances, such
 * as wavelengths or years. */
static bool measures_columns(const struct csv *csv) {
    uint64_t last = 0, step = 0, value;
    size_t n = 0;
    for (size_t c = 0; c < csv->n_columns; c++) {
        if (csv->is_input.bytes[c] == 0) {
            continue;
        }
        if (!text_is_index(ITEMS(char *, csv->fields)[c], &value) || (n > 0 && value <= last) ||
            (n > 1 && value - last != step)) {
            return false;
        }
        step = value - last;
        last = value;
        n++;
    }
    return n > 2;
}

/* Finds a column by name, else by number, from 1. `name` is [length] and not terminated. */
static synrl_status find_column(const struct csv *csv, const char *name, size_t length,
                                size_t *column) {
    size_t n_found = 0, number = 0;
    for (size_t c = 0; c < N_ITEMS(char *, csv->names); c++) {
        const char *candidate = ITEMS(char *, csv->names)[c];
        if (strlen(candidate) == length && memcmp(candidate, name, length) == 0) {
            *column = c;
            n_found++;
        }
    }
    if (n_found > 1) {
        return FAIL_AT(csv, csv->first_line, "%zu columns are named \"%.*s\"", n_found, (int)length,
                       name);
    }
    for (size_t i = 0; i < length && number <= N_COLUMNS_MAX; i++) {
        const bool is_digit = name[i] >= '0' && name[i] <= '9';
        number = is_digit ? number * 10 + (size_t)(name[i] - '0') : (size_t)N_COLUMNS_MAX + 1;
    }
    if (n_found == 0 && (number < 1 || number > csv->n_columns)) {
        return FAIL_AT(csv, csv->first_line, "no column \"%.*s\": must be a number from 1 to %zu%s",
                       (int)(length < 80 ? length : 80), name, csv->n_columns,
                       csv->names.n > 0 ? ", or a name of this header"
                                        : "; this line is not a header");
    }
    *column = n_found == 1 ? *column : number - 1;
    return SYNRL_OK;
}

static synrl_status take_column(struct csv *csv, size_t column) {
    if (csv->is_input.bytes[column] == 0) {
        return FAIL_AT(csv, csv->first_line, "column %zu is requested twice", column + 1);
    }
    csv->is_input.bytes[column] = 0;
    return SYNRL_OK;
}

/* Assigns the columns, from the parameters and the first record. */
static synrl_status assign_columns(struct csv *csv) {
    const char *label = csv->config->label, *targets = csv->config->targets;
    SYNRL_TRY(buffer_reserve(csv->host, &csv->is_input, csv->n_columns));
    memset(csv->is_input.bytes, 1, csv->n_columns);
    csv->label = csv->n_columns;
    if (label != NULL && *label != '\0') {
        SYNRL_TRY(find_column(csv, label, strlen(label), &csv->label));
        SYNRL_TRY(take_column(csv, csv->label));
    }
    while (targets != NULL && *targets != '\0') {
        targets += strspn(targets, " ");
        const size_t length = strcspn(targets, ",");
        size_t column = 0;
        SYNRL_TRY(find_column(csv, targets, length, &column));
        SYNRL_TRY(take_column(csv, column));
        SYNRL_TRY(buffer_append(csv->host, &csv->target_columns, &column, sizeof column));
        targets += length + (targets[length] == ',');
    }
    if (memchr(csv->is_input.bytes, 1, csv->n_columns) == NULL) {
        return FAIL_AT(csv, csv->first_line,
                       "all columns (%zu) are labels or targets: at least one must be an input",
                       csv->n_columns);
    }
    return SYNRL_OK;
}

/* Tables --------------------------------------------------------------------------------------- */

static synrl_status read_row(struct csv *csv) {
    const size_t n = N_ITEMS(char *, csv->fields);
    if (n != csv->n_columns) {
        return FAIL_AT(csv, csv->line, "%zu fields: must be %zu, as in line %zu", n, csv->n_columns,
                       csv->first_line);
    }
    for (size_t c = 0; c < n; c++) {
        if (csv->is_input.bytes[c] != 0) {
            SYNRL_TRY(append_number(csv, c, &csv->inputs));
        }
    }
    for (size_t t = 0; t < N_ITEMS(size_t, csv->target_columns); t++) {
        SYNRL_TRY(append_number(csv, ITEMS(size_t, csv->target_columns)[t], &csv->targets));
    }
    if (csv->label == n) {
        return SYNRL_OK;
    }
    char *text = ITEMS(char *, csv->fields)[csv->label];
    if (*text == '\0') {
        char name[80];
        return FAIL_AT(csv, csv->line, "%s is empty: must be a label",
                       column_name(csv, csv->label, name, sizeof name));
    }
    const struct label label = {text, csv->line};
    return buffer_append(csv->host, &csv->label_texts, &label, sizeof label);
}

static synrl_status read_table(struct csv *csv, size_t *n_rows) {
    bool found;
    *n_rows = 0;
    SYNRL_TRY(read_record(csv, &found));
    if (!found) {
        return FAIL(csv, "%s: is empty: must have at least one line of numbers", csv->config->path);
    }
    csv->first_line = csv->line;
    csv->n_columns = N_ITEMS(char *, csv->fields);
    if (csv->config->header == HEADER_YES ||
        (csv->config->header == HEADER_AUTO && looks_like_header(csv))) {
        SYNRL_TRY(buffer_append(csv->host, &csv->names, csv->fields.bytes, csv->fields.n));
        SYNRL_TRY(assign_columns(csv));
        SYNRL_TRY(read_record(csv, &found));
    } else {
        SYNRL_TRY(assign_columns(csv));
        csv->is_guessed = csv->config->header == HEADER_AUTO;
        if (csv->is_guessed && (counts_columns(csv) || measures_columns(csv))) {
            return FAIL_AT(csv, csv->first_line, "is this line a header? " HEADER_HINT,
                           "its numbers are evenly spaced");
        }
    }
    while (found) {
        SYNRL_TRY(read_row(csv));
        ++*n_rows;
        SYNRL_TRY(read_record(csv, &found));
    }
    return *n_rows > 0
               ? SYNRL_OK
               : FAIL_AT(csv, csv->first_line, "%s", "a header without a line of numbers after it");
}

/* Classes -------------------------------------------------------------------------------------- */

/* Says whether all labels are numbers; refuses a missing one among numbers, and a first line that
 * differs from all others as a header would. */
static synrl_status check_labels(struct csv *csv, bool *are_numbers) {
    const struct label *labels = ITEMS(struct label, csv->label_texts), *missing = NULL;
    const size_t n = N_ITEMS(struct label, csv->label_texts);
    const bool is_first_number = label_is_number(labels[0].text);
    size_t n_numbers = 0, n_missing = 0;
    for (size_t i = 0; i < n; i++) {
        n_numbers += label_is_number(labels[i].text);
        if (text_is_missing(labels[i].text)) {
            missing = n_missing++ == 0 ? &labels[i] : missing;
        }
    }
    *are_numbers = n_numbers == n;
    if (n_missing > 0 && n_numbers > 0 && n_numbers + n_missing == n) {
        return FAIL_AT(csv, missing->line,
                       "the label is \"%.40s\": must be a number, as all others", missing->text);
    }
    if (csv->is_guessed && n > 2 && n_numbers == (is_first_number ? 1 : n - 1)) {
        return FAIL_AT(csv, csv->first_line, "is this line a header? " HEADER_HINT,
                       is_first_number ? "no other label is a number"
                                       : "all other labels are numbers");
    }
    if (n_missing > 0) {
        csv->host->log(csv->host, SYNRL_LOG_WARNING,
                       "%s:%zu: the label is \"%.40s\", a class like any other (%zu in all)",
                       csv->config->path, missing->line, missing->text, n_missing);
    }
    return SYNRL_OK;
}

/* A header that was taken for a sample has a class of its own. */
static void warn_of_header(struct csv *csv, size_t n_classes) {
    const size_t n = N_ITEMS(struct label, csv->label_texts);
    const int32_t first = csv->labels[0];
    if (!csv->is_guessed || n < 2 * n_classes - 1) {
        return;
    }
    for (size_t i = 1; i < n; i++) {
        if (csv->labels[i] == first) {
            return;
        }
    }
    csv->host->log(
        csv->host, SYNRL_LOG_WARNING,
        "%s:%zu: is a sample, and no other has its label, \"%.40s\"; header = \"yes\" if "
        "it is the header",
        csv->config->path, csv->first_line, csv->class_names[first]);
}

static synrl_status name_classes(struct csv *csv, const char *const *classes, size_t n_classes) {
    size_t size = 0;
    for (size_t c = 0; c < n_classes; c++) {
        size += strlen(classes[c]) + 1;
    }
    char *out;
    SYNRL_TRY(SYNRL_NEW(csv->host, csv->class_names, n_classes));
    SYNRL_TRY(SYNRL_NEW(csv->host, out, size));
    for (size_t c = 0; c < n_classes; c++) {
        csv->class_names[c] = out;
        out = stpcpy(out, classes[c]) + 1;
    }
    return SYNRL_OK;
}

/* Sets labels and class names from label_texts, if there are labels. */
static synrl_status take_labels(struct csv *csv, size_t *n_classes) {
    const struct label *labels = ITEMS(struct label, csv->label_texts);
    const size_t n = N_ITEMS(struct label, csv->label_texts);
    const char **classes;
    bool are_numbers;
    *n_classes = 0;
    if (n == 0) {
        return SYNRL_OK;
    }
    SYNRL_TRY(check_labels(csv, &are_numbers));
    SYNRL_TRY(SYNRL_NEW(csv->host, classes, n));
    for (size_t i = 0; i < n; i++) {
        classes[i] = labels[i].text;
    }
    *n_classes = labels_sort_distinct(are_numbers, classes, n);
    if (*n_classes < 2) {
        return FAIL(csv, "%s: the label is \"%.40s\" in every line: must be at least 2",
                    csv->config->path, classes[0]);
    }
    SYNRL_TRY(SYNRL_NEW(csv->host, csv->labels, n));
    for (size_t i = 0; i < n; i++) {
        csv->labels[i] = (int32_t)labels_find(are_numbers, classes, *n_classes, labels[i].text);
    }
    SYNRL_TRY(name_classes(csv, classes, *n_classes));
    warn_of_header(csv, *n_classes);
    csv->host->free(csv->host, classes);
    return SYNRL_OK;
}

/* The plugin ----------------------------------------------------------------------------------- */

/* Reads the whole file, terminated. */
static synrl_status read_text(struct csv *csv) {
    const char *path = csv->config->path, *why;
    const size_t limit = (size_t)csv->config->limit << 20;
    FILE *file = file_open(path, &why);
    if (file == NULL) {
        return fail_open_why(csv->host, path, why);
    }
    synrl_status status = buffer_fill(csv->host, &csv->text, file, limit + 1);
    if (status == SYNRL_OK && ferror(file) != 0) {
        status =
            csv->host->fail(csv->host, SYNRL_IO, "%s: cannot be read: %s", path, strerror(errno));
    }
    fclose(file);
    SYNRL_TRY(status);
    if (csv->text.n > limit) {
        return FAIL(csv, "%s: has more than limit = %zu MiB", path, limit >> 20);
    }
    SYNRL_TRY(buffer_append(csv->host, &csv->text, "", 1));
    const size_t n = csv->text.n - 1;
    SYNRL_TRY(text_check(csv->host, path, csv->text.bytes, n));
    csv->next = (char *)csv->text.bytes + text_mark(csv->text.bytes, n);
    csv->end = (char *)csv->text.bytes + n;
    csv->next_line = 1;
    return SYNRL_OK;
}

static bool is_given(const char *text) {
    return text != NULL && *text != '\0';
}

static synrl_status check_config(const struct csv *csv) {
    const struct config *config = csv->config;
    if (strlen(config->separator) != 1 || strchr("\"\r\n", *config->separator) != NULL) {
        return FAIL(csv, "separator = \"%s\": must be one byte, neither a quote nor a line end",
                    config->separator);
    }
    if (!is_given(config->label) && !is_given(config->targets)) {
        return FAIL(csv, "label or targets must be given: the columns of %s to learn",
                    config->path);
    }
    return SYNRL_OK;
}

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_data *data) {
    struct csv *csv = self;
    size_t n_rows, n_classes;
    csv->host = host;
    csv->config = config;
    SYNRL_TRY(check_config(csv));
    csv->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (csv->locale == (locale_t)0) {
        return host->fail(host, SYNRL_NO_MEMORY, "not enough memory for a locale");
    }
    SYNRL_TRY(read_text(csv));
    SYNRL_TRY(read_table(csv, &n_rows));
    SYNRL_TRY(take_labels(csv, &n_classes));
    buffer_free(host, &csv->text);
    buffer_free(host, &csv->label_texts);
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = n_rows,
                         .n_inputs = N_ITEMS(float, csv->inputs) / n_rows,
                         .format = SYNRL_INPUT_F32,
                         .inputs = csv->inputs.bytes,
                         .labels = csv->labels,
                         .targets = ITEMS(float, csv->targets),
                         .n_targets = N_ITEMS(size_t, csv->target_columns),
                         .n_classes = n_classes,
                         .class_names = csv->class_names};
    return SYNRL_OK;
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    struct csv *csv = self;
    if (csv->locale != (locale_t)0) {
        freelocale(csv->locale);
    }
}

SYNRL_DATASET(csv, "1.0.0", "numbers in the columns of a text file, with labels or targets",
              "RFC 4180", SYNRL_PARAMS(params), struct csv, .create = create, .destroy = destroy);
