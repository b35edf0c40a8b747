/* Numbers in columns, from a text file: RFC 4180 with any one-byte separator, and LF, CRLF or CR at
 * the ends of lines. Invariants: anything but a table of finite numbers is refused, naming the
 * line; numbers are parsed in the C locale. */
#define _GNU_SOURCE /* strtof_l */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <synrl/dataset.h>

#include "buffer.h"

struct config {
    const char *path, *label, *targets, *separator;
    int32_t header;
};

enum { HEADER_AUTO, HEADER_YES, HEADER_NO };
enum { N_COLUMNS_MAX = 1000000 };

struct csv {
    const synrl_host *host;
    float *inputs, *targets;
    int32_t *labels;
    char *names; /* of the classes, one after another */
    const char **class_names;
};

/* A file being read. Fields are unquoted and terminated in place, in `text`. */
struct reader {
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
    size_t label;                              /* column; n_columns: none */
    struct buffer targets;                     /* size_t: their columns, in the order requested */
    struct buffer is_input;                    /* [n_columns] bytes */
    struct buffer input_values, target_values; /* float */
    struct buffer label_texts;                 /* char * */
};

#define ITEMS(type, buffer) ((type *)(void *)(buffer).bytes)
#define N_ITEMS(type, buffer) ((buffer).n / sizeof(type))

#define FAIL_AT(reader, at, format, ...)                                                           \
    (reader)->host->fail((reader)->host, SYNRL_INVALID, "%s:%zu: " format, (reader)->config->path, \
                         at, __VA_ARGS__)

/* Records -------------------------------------------------------------------------------------- */

static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

/* Skips one LF, CRLF or CR. */
static void skip_line_end(struct reader *reader) {
    reader->next += reader->next[0] == '\r' && reader->next[1] == '\n' ? 2 : 1;
    reader->next_line++;
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
static synrl_status unquote(struct reader *reader, char **field) {
    char *out = reader->next;
    const size_t line = reader->next_line;
    *field = out;
    for (char *in = out; in < reader->end; in++) {
        if (in[0] == '"' && in[1] != '"') {
            reader->next = in + 1;
            *out = '\0';
            return SYNRL_OK;
        }
        in += in[0] == '"';
        reader->next_line += *in == '\n' || (*in == '\r' && in[1] != '\n');
        *out++ = *in;
    }
    return FAIL_AT(reader, line, "%s", "a quote (\") is opened and never closed");
}

/* Reads one field; leaves `next` at the character that ended it, which is in *ended. */
static synrl_status read_field(struct reader *reader, char separator, char **field, char *ended) {
    if (*reader->next == '"') {
        reader->next++;
        SYNRL_TRY(unquote(reader, field));
        *ended = *reader->next;
        if (reader->next < reader->end && *ended != separator && !is_line_end(*ended)) {
            return FAIL_AT(reader, reader->next_line,
                           "unexpected text after a closing quote: \"%.20s\"", reader->next);
        }
        return SYNRL_OK;
    }
    char *start = reader->next;
    while (reader->next < reader->end && *reader->next != separator &&
           !is_line_end(*reader->next)) {
        reader->next++;
    }
    *ended = *reader->next;
    *field = start;
    return SYNRL_OK;
}

/* Reads the next record that is not an empty line into `fields`; *found is false after the last. */
static synrl_status read_record(struct reader *reader, bool *found) {
    const char separator = reader->config->separator[0];
    while (reader->next < reader->end && is_line_end(*reader->next)) {
        skip_line_end(reader);
    }
    reader->fields.n = 0;
    reader->line = reader->next_line;
    *found = reader->next < reader->end;
    while (*found) {
        char *field, ended;
        const bool is_quoted = *reader->next == '"';
        SYNRL_TRY(read_field(reader, separator, &field, &ended));
        const bool at_end = reader->next == reader->end;
        char *stop = reader->next;
        if (!at_end && is_line_end(ended)) {
            skip_line_end(reader);
        } else if (!at_end) {
            reader->next++;
        }
        field = is_quoted ? field : trim(field, stop);
        SYNRL_TRY(buffer_append(&reader->fields, &field, sizeof field));
        if (N_ITEMS(char *, reader->fields) > N_COLUMNS_MAX) {
            return FAIL_AT(reader, reader->line, "more than %d fields", N_COLUMNS_MAX);
        }
        if (at_end || is_line_end(ended)) {
            return SYNRL_OK;
        }
    }
    return SYNRL_OK;
}

/* Numbers -------------------------------------------------------------------------------------- */

static bool parse_number(const struct reader *reader, const char *text, float *value) {
    const size_t length = strlen(text);
    if (length == 0 || strspn(text, "+-.0123456789eE") != length) {
        return false; /* as are "nan", "inf" and hexadecimal numbers */
    }
    char *stop;
    *value = strtof_l(text, &stop, reader->locale);
    return *stop == '\0' && stop != text && isfinite(*value);
}

/* "column 3 (\"width\")", in a temporary buffer. */
static const char *column_name(const struct reader *reader, size_t column, char *out, size_t size) {
    if (reader->names.n == 0) {
        snprintf(out, size, "column %zu", column + 1);
    } else {
        snprintf(out, size, "column %zu (\"%.40s\")", column + 1,
                 ITEMS(char *, reader->names)[column]);
    }
    return out;
}

static synrl_status append_number(struct reader *reader, size_t column, struct buffer *values) {
    const char *text = ITEMS(char *, reader->fields)[column];
    char name[80];
    float value;
    if (!parse_number(reader, text, &value)) {
        column_name(reader, column, name, sizeof name);
        return *text == '\0' ? FAIL_AT(reader, reader->line, "%s is empty: must be a number", name)
                             : FAIL_AT(reader, reader->line,
                                       "%s is \"%.40s\": must be a finite number", name, text);
    }
    return buffer_append(values, &value, sizeof value);
}

/* Columns -------------------------------------------------------------------------------------- */

/* Whether the current record contains no number. */
static bool looks_like_header(const struct reader *reader) {
    float value;
    for (size_t c = 0; c < N_ITEMS(char *, reader->fields); c++) {
        if (parse_number(reader, ITEMS(char *, reader->fields)[c], &value)) {
            return false;
        }
    }
    return true;
}

/* Finds a column by name, else by number, from 1. `name` is [length] and not terminated. */
static synrl_status find_column(const struct reader *reader, const char *name, size_t length,
                                size_t *column) {
    size_t n_found = 0, number = 0;
    for (size_t c = 0; c < N_ITEMS(char *, reader->names); c++) {
        const char *candidate = ITEMS(char *, reader->names)[c];
        if (strlen(candidate) == length && memcmp(candidate, name, length) == 0) {
            *column = c;
            n_found++;
        }
    }
    if (n_found > 1) {
        return FAIL_AT(reader, reader->first_line, "%zu columns are named \"%.*s\"", n_found,
                       (int)length, name);
    }
    for (size_t i = 0; i < length && number <= N_COLUMNS_MAX; i++) {
        const bool is_digit = name[i] >= '0' && name[i] <= '9';
        number = is_digit ? number * 10 + (size_t)(name[i] - '0') : (size_t)N_COLUMNS_MAX + 1;
    }
    if (n_found == 0 && (number < 1 || number > reader->n_columns)) {
        return FAIL_AT(
            reader, reader->first_line, "no column \"%.*s\": must be a number from 1 to %zu%s",
            (int)(length < 80 ? length : 80), name, reader->n_columns,
            reader->names.n > 0 ? ", or a name of this header" : "; this line is not a header");
    }
    *column = n_found == 1 ? *column : number - 1;
    return SYNRL_OK;
}

static synrl_status take_column(struct reader *reader, size_t column) {
    if (reader->is_input.bytes[column] == 0) {
        return FAIL_AT(reader, reader->first_line, "column %zu is requested twice", column + 1);
    }
    reader->is_input.bytes[column] = 0;
    return SYNRL_OK;
}

/* Assigns the columns, from the parameters and the first record. */
static synrl_status assign_columns(struct reader *reader) {
    const char *label = reader->config->label, *targets = reader->config->targets;
    SYNRL_TRY(buffer_reserve(&reader->is_input, reader->n_columns));
    memset(reader->is_input.bytes, 1, reader->n_columns);
    reader->label = reader->n_columns;
    if (label != NULL && *label != '\0') {
        SYNRL_TRY(find_column(reader, label, strlen(label), &reader->label));
        SYNRL_TRY(take_column(reader, reader->label));
    }
    while (targets != NULL && *targets != '\0') {
        targets += strspn(targets, " ");
        const size_t length = strcspn(targets, ",");
        size_t column = 0;
        SYNRL_TRY(find_column(reader, targets, length, &column));
        SYNRL_TRY(take_column(reader, column));
        SYNRL_TRY(buffer_append(&reader->targets, &column, sizeof column));
        targets += length + (targets[length] == ',');
    }
    if (memchr(reader->is_input.bytes, 1, reader->n_columns) == NULL) {
        return FAIL_AT(reader, reader->first_line,
                       "all columns (%zu) are labels or targets: at least one must be an input",
                       reader->n_columns);
    }
    return SYNRL_OK;
}

/* Tables --------------------------------------------------------------------------------------- */

static synrl_status read_row(struct reader *reader) {
    const size_t n = N_ITEMS(char *, reader->fields);
    if (n != reader->n_columns) {
        return FAIL_AT(reader, reader->line, "%zu fields: must be %zu, as in line %zu", n,
                       reader->n_columns, reader->first_line);
    }
    for (size_t c = 0; c < n; c++) {
        if (reader->is_input.bytes[c] != 0) {
            SYNRL_TRY(append_number(reader, c, &reader->input_values));
        }
    }
    for (size_t t = 0; t < N_ITEMS(size_t, reader->targets); t++) {
        SYNRL_TRY(append_number(reader, ITEMS(size_t, reader->targets)[t], &reader->target_values));
    }
    if (reader->label == n) {
        return SYNRL_OK;
    }
    char *text = ITEMS(char *, reader->fields)[reader->label];
    if (*text == '\0') {
        char name[80];
        return FAIL_AT(reader, reader->line, "%s is empty: must be a label",
                       column_name(reader, reader->label, name, sizeof name));
    }
    return buffer_append(&reader->label_texts, &text, sizeof text);
}

static synrl_status read_table(struct reader *reader, size_t *n_rows) {
    const char *path = reader->config->path;
    bool found;
    *n_rows = 0;
    SYNRL_TRY(read_record(reader, &found));
    if (!found) {
        return reader->host->fail(reader->host, SYNRL_INVALID,
                                  "%s: is empty: must have at least one line of numbers", path);
    }
    reader->first_line = reader->line;
    reader->n_columns = N_ITEMS(char *, reader->fields);
    if (reader->config->header == HEADER_YES ||
        (reader->config->header == HEADER_AUTO && looks_like_header(reader))) {
        SYNRL_TRY(buffer_append(&reader->names, reader->fields.bytes, reader->fields.n));
        SYNRL_TRY(assign_columns(reader));
        SYNRL_TRY(read_record(reader, &found));
    } else {
        SYNRL_TRY(assign_columns(reader));
    }
    while (found) {
        SYNRL_TRY(read_row(reader));
        ++*n_rows;
        SYNRL_TRY(read_record(reader, &found));
    }
    return *n_rows > 0 ? SYNRL_OK
                       : FAIL_AT(reader, reader->first_line, "%s",
                                 "a header without a line of numbers after it");
}

/* Classes -------------------------------------------------------------------------------------- */

/* Labels are sorted by value if all of them are numbers, else as bytes. */
struct order {
    const struct reader *reader;
    bool is_numeric;
};

static int compare_labels(const void *a, const void *b, void *context) {
    const struct order *order = context;
    const char *text_a = *(char *const *)a, *text_b = *(char *const *)b;
    float number_a, number_b;
    if (order->is_numeric && parse_number(order->reader, text_a, &number_a) &&
        parse_number(order->reader, text_b, &number_b)) {
        return (number_a > number_b) - (number_a < number_b);
    }
    return strcmp(text_a, text_b);
}

/* Replaces the labels in `texts` by the distinct ones, sorted, and returns their number. */
static size_t sort_distinct(struct order *order, char **texts, size_t n) {
    size_t n_distinct = 0;
    qsort_r(texts, n, sizeof *texts, compare_labels, order);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_labels(&texts[n_distinct - 1], &texts[i], order) != 0) {
            texts[n_distinct++] = texts[i];
        }
    }
    return n_distinct;
}

static size_t find_class(struct order *order, char **classes, size_t n_classes, char *text) {
    size_t low = 0, high = n_classes;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (compare_labels(&classes[middle], &text, order) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static synrl_status name_classes(struct csv *csv, char **classes, size_t n_classes) {
    size_t size = 0;
    for (size_t c = 0; c < n_classes; c++) {
        size += strlen(classes[c]) + 1;
    }
    csv->names = csv->host->alloc(csv->host, size, 1);
    csv->class_names = csv->host->alloc(csv->host, n_classes, sizeof *csv->class_names);
    if (csv->names == NULL || csv->class_names == NULL) {
        return SYNRL_NO_MEMORY;
    }
    char *out = csv->names;
    for (size_t c = 0; c < n_classes; c++) {
        csv->class_names[c] = out;
        out = stpcpy(out, classes[c]) + 1;
    }
    return SYNRL_OK;
}

/* Sets labels and class names from label_texts; classes [n] is scratch. */
static synrl_status number_labels(struct csv *csv, const struct reader *reader, char **classes,
                                  size_t *n_classes) {
    char **texts = ITEMS(char *, reader->label_texts);
    const size_t n = N_ITEMS(char *, reader->label_texts);
    struct order order = {.reader = reader, .is_numeric = true};
    float value;
    for (size_t i = 0; i < n; i++) {
        order.is_numeric = order.is_numeric && parse_number(reader, texts[i], &value);
    }
    memcpy(classes, texts, n * sizeof *classes);
    *n_classes = sort_distinct(&order, classes, n);
    if (*n_classes < 2) {
        return csv->host->fail(csv->host, SYNRL_INVALID,
                               "%s: the label is \"%.40s\" in every line: must be at least 2",
                               reader->config->path, classes[0]);
    }
    csv->labels = csv->host->alloc(csv->host, n, sizeof *csv->labels);
    if (csv->labels == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        csv->labels[i] = (int32_t)find_class(&order, classes, *n_classes, texts[i]);
    }
    return name_classes(csv, classes, *n_classes);
}

static synrl_status take_labels(struct csv *csv, const struct reader *reader, size_t *n_classes) {
    *n_classes = 0;
    if (reader->label == reader->n_columns) {
        return SYNRL_OK;
    }
    char **classes =
        csv->host->alloc(csv->host, N_ITEMS(char *, reader->label_texts), sizeof *classes);
    const synrl_status status =
        classes != NULL ? number_labels(csv, reader, classes, n_classes) : SYNRL_NO_MEMORY;
    csv->host->free(csv->host, classes);
    return status;
}

/* The plugin ----------------------------------------------------------------------------------- */

static float *take_floats(struct buffer *values) {
    float *taken = (float *)(void *)values->bytes;
    *values = (struct buffer){.host = values->host};
    return taken;
}

static synrl_status fill(struct csv *csv, struct reader *reader, synrl_data *data) {
    size_t n_rows, n_classes;
    SYNRL_TRY(read_table(reader, &n_rows));
    SYNRL_TRY(take_labels(csv, reader, &n_classes));
    const size_t n_inputs = N_ITEMS(float, reader->input_values) / n_rows;
    csv->inputs = take_floats(&reader->input_values);
    csv->targets = take_floats(&reader->target_values);
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = n_rows,
                         .n_inputs = n_inputs,
                         .format = SYNRL_INPUT_F32,
                         .inputs = csv->inputs,
                         .labels = csv->labels,
                         .targets = csv->targets,
                         .n_targets = N_ITEMS(size_t, reader->targets),
                         .n_classes = n_classes,
                         .class_names = csv->class_names};
    return SYNRL_OK;
}

/* Reads the whole file, terminated; refuses one that is not text. */
static synrl_status read_text(struct reader *reader) {
    const char *path = reader->config->path;
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return reader->host->fail(reader->host, SYNRL_IO, "%s: cannot be opened: %s", path,
                                  strerror(errno));
    }
    synrl_status status = buffer_read(&reader->text, file, path);
    fclose(file);
    SYNRL_TRY(status);
    SYNRL_TRY(buffer_append(&reader->text, "", 1));
    const size_t n = reader->text.n - 1;
    const unsigned char *zero = memchr(reader->text.bytes, 0, n);
    if (zero != NULL) {
        return reader->host->fail(reader->host, SYNRL_INVALID,
                                  "%s: a zero byte at offset %zu: must be text in UTF-8", path,
                                  (size_t)(zero - reader->text.bytes));
    }
    const bool has_mark = n >= 3 && memcmp(reader->text.bytes, "\xEF\xBB\xBF", 3) == 0;
    reader->next = (char *)reader->text.bytes + (has_mark ? 3 : 0);
    reader->end = (char *)reader->text.bytes + n;
    reader->next_line = 1;
    return SYNRL_OK;
}

static synrl_status check_config(const synrl_host *host, const struct config *config) {
    const char *separator = config->separator;
    if (strlen(separator) != 1 || strchr("\"\r\n", *separator) != NULL) {
        return host->fail(host, SYNRL_INVALID,
                          "separator = \"%s\": must be one byte, neither a quote nor a line end",
                          separator);
    }
    const bool has_label = config->label != NULL && *config->label != '\0';
    const bool has_targets = config->targets != NULL && *config->targets != '\0';
    if (!has_label && !has_targets) {
        return host->fail(host, SYNRL_INVALID,
                          "label or targets must be given: the columns of %s to learn",
                          config->path);
    }
    return SYNRL_OK;
}

static synrl_status load(struct csv *csv, const struct config *config, synrl_data *data) {
    const synrl_host *host = csv->host;
    struct reader reader = {.host = host, .config = config};
    struct buffer *buffers[] = {&reader.text,        &reader.fields,       &reader.names,
                                &reader.targets,     &reader.is_input,     &reader.input_values,
                                &reader.label_texts, &reader.target_values};
    const size_t n_buffers = sizeof buffers / sizeof buffers[0];
    for (size_t b = 0; b < n_buffers; b++) {
        buffers[b]->host = host;
    }
    reader.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (reader.locale == (locale_t)0) {
        return host->fail(host, SYNRL_NO_MEMORY, "not enough memory for a locale");
    }
    synrl_status status = read_text(&reader);
    if (status == SYNRL_OK) {
        status = fill(csv, &reader, data);
    }
    freelocale(reader.locale);
    for (size_t b = 0; b < n_buffers; b++) {
        buffer_free(buffers[b]);
    }
    return status;
}

static void csv_destroy(void *self) {
    struct csv *csv = self;
    const synrl_host *host = csv->host;
    host->free(host, csv->inputs);
    host->free(host, csv->targets);
    host->free(host, csv->labels);
    host->free(host, csv->names);
    host->free(host, csv->class_names);
    host->free(host, csv);
}

static synrl_status csv_create(const synrl_host *host, const void *config, synrl_data *data,
                               void **self) {
    SYNRL_TRY(check_config(host, config));
    struct csv *csv = host->alloc(host, 1, sizeof *csv);
    if (csv == NULL) {
        return SYNRL_NO_MEMORY;
    }
    csv->host = host;
    const synrl_status status = load(csv, config, data);
    if (status != SYNRL_OK) {
        csv_destroy(csv);
        return status;
    }
    *self = csv;
    return SYNRL_OK;
}

static const synrl_param params[] = {
    {.name = "path",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, path),
     .meaning = "the file"},
    {.name = "label",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, label),
     .default_text = "",
     .meaning = "the column of the labels, numbers or words: its name, or \"1\" for the first"},
    {.name = "targets",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, targets),
     .default_text = "",
     .meaning = "columns of targets, by name or number: \"x,y\" or \"3,4\"; the rest are inputs"},
    {.name = "header",
     .type = SYNRL_PARAM_CHOICE,
     .offset = offsetof(struct config, header),
     .default_text = "auto",
     .choices = "auto|yes|no",
     .meaning = "whether the first line names the columns; auto: if it contains no number"},
    {.name = "separator",
     .type = SYNRL_PARAM_STRING,
     .offset = offsetof(struct config, separator),
     .default_text = ",",
     .meaning = "the byte that separates fields"},
};

static const synrl_dataset_ops ops = {
    SYNRL_OPS_SIZE(synrl_dataset_ops),
    .create = csv_create,
    .destroy = csv_destroy,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_DATASET,
    .id = "csv",
    .version = "1.0.0",
    .summary = "numbers in the columns of a text file, with labels or targets",
    .source = "RFC 4180",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
