/* SPDX-License-Identifier: MIT */
/* Numbers and words in columns, from a text file. Invariant: what is not a table of finite numbers
 * is refused with its line; numbers are parsed in the C locale; labels are never compared as
 * floating-point numbers. */
#define _GNU_SOURCE /* locale_t, stpcpy */
#include "csv/numbers.h"

#include <synrl/dataset.h>

#include "classes.h"
#include "csv/header.h"
#include "csv/inputs.h"
#include "csv/labels.h"
#include "csv/table.h"
#include "csv/text.h"

struct config {
    const char *path, *label, *targets, *inputs, *ignore, *one_hot, *classes;
    const char *missing_words, *separator, *comment;
    int32_t header, missing, decimal;
    int64_t skip, limit;
    synrl_integers pixels;
};

static const synrl_param params[] = {
    SYNRL_STRING(path, SYNRL_REQUIRED, "the file, gzip or plain"),
    SYNRL_STRING(label, SYNRL_OPTIONAL,
                 "the column of the labels, numbers or words: its name, or \"1\" for the first, "
                 "\"-1\" for the last"),
    SYNRL_STRING(targets, SYNRL_OPTIONAL,
                 "columns of targets, by name or number: \"x,y\" or \"3,5..7\""),
    SYNRL_STRING(inputs, SYNRL_OPTIONAL,
                 "columns of inputs, in this order, which may be targets too; left out: all that "
                 "nothing else names"),
    SYNRL_STRING(ignore, SYNRL_OPTIONAL, "columns to leave out"),
    SYNRL_STRING(one_hot, SYNRL_OPTIONAL,
                 "input columns of words, each word an input of its own: \"island,sex\", or with "
                 "all the words that there may be \"sex=female|male\""),
    SYNRL_STRING(classes, SYNRL_OPTIONAL,
                 "all classes in their order: \"ABC\" or \"ant,bee\"; left out: those of the "
                 "file, sorted"),
    SYNRL_CHOICE(missing, "refuse", "refuse|drop|mean",
                 "missing values: refuse the file, drop their rows, or the mean of their column"),
    SYNRL_STRING(missing_words, SYNRL_OPTIONAL,
                 "what stands for a missing value: \"?,-999\"; left out: nothing, ?, NA, NaN, null "
                 "and the like"),
    SYNRL_CHOICE(header, "auto", "auto|yes|no",
                 "whether the first line names the columns; auto: if it has no number, or a name "
                 "that is given here"),
    SYNRL_STRING(separator, ",",
                 "the byte that separates fields, \"tab\", or \"blanks\": any number of them"),
    SYNRL_CHOICE(decimal, "point", "point|comma", "what stands before the decimals of a number"),
    SYNRL_STRING(comment, SYNRL_OPTIONAL, "lines that begin with this byte are left out"),
    SYNRL_INTEGER(skip, "0", 0, INT32_MAX, "lines to leave out at the beginning"),
    SYNRL_INTEGERS(
        pixels, SYNRL_OPTIONAL, 1, 1 << 20,
        "{height, width} or {height, width, channels}: inputs are pixels 0 .. 255, which "
        "count as 0 .. 1"),
    SYNRL_INTEGER(limit, "4096", 1, 1 << 20, "MiB that the unpacked file may have"),
};

struct csv {
    struct table_options options;
    struct table table;
    int32_t *labels; /* [n_rows] */
    const char *const *class_names;
    size_t n_classes;
};

#define FAIL(csv, ...) (csv)->table.host->fail((csv)->table.host, SYNRL_INVALID, __VA_ARGS__)
#define FAIL_AT(csv, at, format, ...) \
    FAIL(csv, "%s:%zu: " format, (csv)->table.reader.path, at, __VA_ARGS__)

/* Classes -------------------------------------------------------------------------------------- */

/* What the labels of a file look like. */
struct label_summary {
    size_t n_numbers, n_missing; /* rows */
    const struct word *missing;  /* the first */
    bool is_first_number, are_numbers;
};

static struct label_summary summarize(const struct words *words, size_t n) {
    struct label_summary summary = {.is_first_number = label_is_number(WORD_TEXT(words, 0))};
    for (size_t w = 0; w < words_count(words); w++) {
        const struct word *word = &WORD(words, w);
        summary.n_numbers += label_is_number(WORD_TEXT(words, w)) ? word->count : 0;
        if (text_is_missing(WORD_TEXT(words, w))) {
            summary.missing = summary.n_missing == 0 ? word : summary.missing;
            summary.n_missing += word->count;
        }
    }
    summary.are_numbers = summary.n_numbers == n;
    return summary;
}

/* Refuses a missing label among numbers, and a first line that differs from all others as a header
 * would. */
static synrl_status check_labels(struct csv *csv, const struct label_summary *summary) {
    const struct words *words = &csv->table.label_words;
    const size_t n = csv->table.n_rows;
    const char *missing =
        summary->missing != NULL ? (const char *)words->texts.bytes + summary->missing->text : "";
    if (summary->n_missing > 0 && summary->n_numbers > 0 &&
        summary->n_numbers + summary->n_missing == n) {
        return FAIL_AT(csv, summary->missing->line,
                       "the label is \"%.40s\": must be a number, as all others; missing = "
                       "\"drop\" leaves such rows out",
                       missing);
    }
    if (csv->table.is_guessed && n > 2 &&
        summary->n_numbers == (summary->is_first_number ? 1 : n - 1)) {
        return FAIL_AT(csv, csv->table.columns.first_line,
                       "is this line a header? %s: must be said by header = \"yes\" or \"no\"",
                       summary->is_first_number ? "no other label is a number"
                                                : "all other labels are numbers");
    }
    if (summary->n_missing > 0) {
        csv->table.host->log(csv->table.host, SYNRL_LOG_WARNING,
                             "%s:%zu: the label is \"%.40s\", a class like any other (%zu in all)",
                             csv->table.reader.path, summary->missing->line, missing,
                             summary->n_missing);
    }
    return SYNRL_OK;
}

/* A header that was taken for a sample has a class of its own. */
static void warn_of_header(struct csv *csv, const int32_t *codes) {
    const struct words *words = &csv->table.label_words;
    size_t n_first = 0;
    for (size_t w = 0; w < words_count(words); w++) {
        n_first += codes[w] == codes[0] ? WORD(words, w).count : 0;
    }
    if (csv->table.is_guessed && csv->table.n_rows >= 2 * csv->n_classes - 1 && n_first == 1) {
        csv->table.host->log(
            csv->table.host, SYNRL_LOG_WARNING,
            "%s:%zu: is a sample, and no other has its label, \"%.40s\"; header = \"yes\" if it is "
            "the header",
            csv->table.reader.path, csv->table.columns.first_line, csv->class_names[codes[0]]);
    }
}

static synrl_status copy_names(struct csv *csv, const char *const *classes) {
    const synrl_host *host = csv->table.host;
    size_t size = 0;
    for (size_t c = 0; c < csv->n_classes; c++) {
        size += strlen(classes[c]) + 1;
    }
    const char **names = host->alloc(host, csv->n_classes * sizeof *names + size, 1);
    if (names == NULL) {
        return SYNRL_NO_MEMORY;
    }
    char *out = (char *)(names + csv->n_classes);
    for (size_t c = 0; c < csv->n_classes; c++) {
        names[c] = out;
        out = stpcpy(out, classes[c]) + 1;
    }
    csv->class_names = names;
    return SYNRL_OK;
}

/* The classes of the file: codes[w] is the class of word w. */
static synrl_status find_classes(struct csv *csv, bool are_numbers, int32_t *codes) {
    const struct words *words = &csv->table.label_words;
    const synrl_host *host = csv->table.host;
    const size_t n = words_count(words);
    const char **classes;
    SYNRL_TRY(SYNRL_NEW(host, classes, n));
    words_list(words, classes);
    csv->n_classes = labels_sort_distinct(are_numbers, classes, n);
    if (csv->n_classes < 2) {
        return FAIL(csv,
                    "%s: the label is \"%.40s\" in every line: must be at least 2, or classes must "
                    "list all that there are",
                    csv->table.reader.path, classes[0]);
    }
    for (size_t w = 0; w < n; w++) {
        codes[w] = (int32_t)labels_find(are_numbers, classes, csv->n_classes, WORD_TEXT(words, w));
    }
    SYNRL_TRY(copy_names(csv, classes));
    host->free(host, classes);
    warn_of_header(csv, codes);
    return SYNRL_OK;
}

/* The classes given. Numbers are compared by value. */
static synrl_status take_classes(struct csv *csv, const char *given, int32_t *codes) {
    const struct words *words = &csv->table.label_words;
    SYNRL_TRY(classes_name(csv->table.host, csv->table.reader.path, given, 0, &csv->n_classes,
                           &csv->class_names));
    SYNRL_TRY(classes_check(csv->table.host, csv->table.reader.path, csv->n_classes));
    for (size_t w = 0; w < words_count(words); w++) {
        const char *text = WORD_TEXT(words, w);
        size_t c = 0;
        while (c < csv->n_classes && strcmp(csv->class_names[c], text) != 0 &&
               !(label_is_number(text) && label_is_number(csv->class_names[c]) &&
                 label_compare_numbers(csv->class_names[c], text) == 0)) {
            c++;
        }
        if (c == csv->n_classes) {
            return FAIL_AT(csv, WORD(words, w).line,
                           "the label is \"%.40s\": must be one of classes = \"%.80s\"", text,
                           given);
        }
        codes[w] = (int32_t)c;
    }
    return SYNRL_OK;
}

/* Sets labels and class names, if there are labels. */
static synrl_status take_labels(struct csv *csv, const char *classes) {
    const struct table *table = &csv->table;
    const int32_t *words = ITEMS(int32_t, table->labels);
    int32_t *codes;
    if (table->labels.n == 0) {
        return SYNRL_OK;
    }
    const struct label_summary summary = summarize(&table->label_words, table->n_rows);
    SYNRL_TRY(check_labels(csv, &summary));
    SYNRL_TRY(SYNRL_NEW(table->host, codes, words_count(&table->label_words)));
    SYNRL_TRY(classes != NULL && *classes != '\0' ? take_classes(csv, classes, codes)
                                                  : find_classes(csv, summary.are_numbers, codes));
    SYNRL_TRY(SYNRL_NEW(table->host, csv->labels, table->n_rows));
    for (size_t r = 0; r < table->n_rows; r++) {
        csv->labels[r] = codes[words[r]];
    }
    table->host->free(table->host, codes);
    return SYNRL_OK;
}

/* The plugin ----------------------------------------------------------------------------------- */

static synrl_status set_separator(struct csv *csv, const char *separator) {
    struct reader *reader = &csv->table.reader;
    reader->is_blanks = strcmp(separator, "blanks") == 0;
    reader->separator = reader->is_blanks               ? '\0'
                        : strcmp(separator, "tab") == 0 ? '\t'
                                                        : *separator;
    const bool is_word = reader->is_blanks || reader->separator == '\t';
    return is_word || (strlen(separator) == 1 && strchr("\"\r\n", *separator) == NULL)
               ? SYNRL_OK
               : FAIL(csv,
                      "separator = \"%s\": must be one byte, neither a quote nor a line end, or "
                      "\"tab\" or \"blanks\"",
                      separator);
}

static bool is_given(const char *text) {
    return text != NULL && *text != '\0';
}

static synrl_status check_config(struct csv *csv, const struct config *config) {
    const size_t n = config->pixels.n;
    if (is_given(config->inputs) && is_given(config->ignore)) {
        return FAIL(csv,
                    "inputs and ignore are given: must be one of them, since inputs leaves out "
                    "what it does not list");
    }
    if (is_given(config->comment) &&
        (strlen(config->comment) != 1 || strchr("\"\r\n \t", *config->comment) != NULL)) {
        return FAIL(csv, "comment = \"%s\": must be one byte, such as #", config->comment);
    }
    if (n != 0 && n != 2 && n != 3) {
        return FAIL(
            csv, "pixels has %zu sizes: must be {height, width} or {height, width, channels}", n);
    }
    if (n > 0 && (is_given(config->one_hot) || config->missing == MISSING_MEAN)) {
        return FAIL(csv, "pixels: goes with neither one_hot nor missing = \"mean\"");
    }
    return set_separator(csv, config->separator);
}

static void set_options(struct csv *csv, const synrl_host *host, const struct config *config) {
    struct table *table = &csv->table;
    csv->options =
        (struct table_options){.header = config->header,
                               .missing = config->missing,
                               .missing_words = config->missing_words,
                               .are_pixels = config->pixels.n > 0,
                               .selection = {config->label, config->targets, config->inputs,
                                             config->ignore, config->one_hot},
                               .format = {.point = config->decimal == 0 ? '.' : ','}};
    table->host = table->reader.host = table->columns.host = host;
    table->reader.path = table->columns.path = config->path;
    table->reader.limit = (size_t)config->limit << 20;
    table->reader.comment = is_given(config->comment) ? *config->comment : '\0';
    table->options = &csv->options;
}

static synrl_status set_pixels(struct csv *csv, const synrl_integers *pixels, synrl_data *data) {
    if (pixels->n == 0) {
        return SYNRL_OK;
    }
    data->format = SYNRL_INPUT_BYTES;
    data->scale = 1.0F / 255.0F;
    data->height = (size_t)pixels->items[0];
    data->width = (size_t)pixels->items[1];
    data->n_channels = pixels->n == 3 ? (size_t)pixels->items[2] : 1;
    return data->height * data->width * data->n_channels == data->n_inputs
               ? SYNRL_OK
               : FAIL(csv, "%s: %zu inputs: must be pixels = %zu x %zu x %zu",
                      csv->table.reader.path, data->n_inputs, data->height, data->width,
                      data->n_channels);
}

static void report(const struct csv *csv) {
    const struct table *table = &csv->table;
    if (table->n_dropped > 0) {
        table->host->log(table->host, SYNRL_LOG_INFO,
                         "%s: %zu of %zu rows dropped for missing values, the first in line %zu",
                         table->reader.path, table->n_dropped, table->n_dropped + table->n_rows,
                         table->first_dropped);
    }
    if (table->reader.n_comments > 0) {
        table->host->log(table->host, SYNRL_LOG_INFO, "%s: lines of comment left out: %zu",
                         table->reader.path, table->reader.n_comments);
    }
}

static synrl_status create(const synrl_host *host, const void *configuration, void *self,
                           synrl_data *data) {
    const struct config *config = configuration;
    struct csv *csv = self;
    size_t n_inputs = 0;
    set_options(csv, host, config);
    SYNRL_TRY(check_config(csv, config));
    csv->options.format.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (csv->options.format.locale == (locale_t)0) {
        return host->fail(host, SYNRL_NO_MEMORY, "not enough memory for a locale");
    }
    SYNRL_TRY(table_read(&csv->table, (size_t)config->skip));
    SYNRL_TRY(inputs_finish(&csv->table, &n_inputs));
    SYNRL_TRY(take_labels(csv, config->classes));
    report(csv);
    table_free(&csv->table);
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = csv->table.n_rows,
                         .n_inputs = n_inputs,
                         .format = SYNRL_INPUT_F32,
                         .inputs = csv->table.inputs.bytes,
                         .labels = csv->labels,
                         .targets = ITEMS(float, csv->table.targets),
                         .n_targets = N_ITEMS(size_t, csv->table.columns.targets),
                         .n_classes = csv->n_classes,
                         .class_names = csv->class_names,
                         .input_names = csv->table.input_names,
                         .sample_numbers = ITEMS(uint32_t, csv->table.lines)};
    return set_pixels(csv, &config->pixels, data);
}

static void destroy(const synrl_host *host, const void *config, void *self) {
    struct csv *csv = self;
    if (csv->table.reader.stream != NULL) {
        gzclose_r(csv->table.reader.stream);
    }
    if (csv->options.format.locale != (locale_t)0) {
        freelocale(csv->options.format.locale);
    }
}

SYNRL_DATASET(csv, "2.0.0", "columns of a text file: numbers, words, labels, targets, pixels",
              "RFC 4180", SYNRL_PARAMS(params), struct csv, .create = create, .destroy = destroy);
