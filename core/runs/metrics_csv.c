/* SPDX-License-Identifier: MIT */
/* metrics.csv. Files are checked: the heading begins with the iteration and has each name once, and
 * each row has a value for each. */
#include "runs/metrics_csv.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/number.h"

#define METRICS_LIMIT ((size_t)1 << 32)

/* Writing -------------------------------------------------------------------------------------- */

void metrics_csv_write_heading(FILE *stream, const struct metric_names *own) {
    for (size_t i = 0; i < metric_count(own); i++) {
        fprintf(stream, "%s%s", i > 0 ? "," : "", metric_name(own, i));
    }
    fputc('\n', stream);
}

void metrics_csv_write_row(FILE *stream, const struct metric_names *own,
                           const struct metrics *metrics) {
    for (size_t i = 0; i < metric_count(own); i++) {
        const double value = metric_value(metrics, i);
        char text[NUMBER_SIZE] = "";
        if (metric_at(i)->is_count) {
            snprintf(text, sizeof text, "%" PRIu64, metric_value_count(metrics, i));
        } else if (!isnan(value)) {
            number_write(text, 17, value);
        }
        fprintf(stream, "%s%s", i > 0 ? "," : "", text);
    }
    fputc('\n', stream);
}

/* Reading -------------------------------------------------------------------------------------- */

struct reader {
    struct csv csv;
    struct metrics_table *table;
    size_t capacity;
    size_t n_columns;
    size_t metrics[METRICS_MAX]; /* the metric of each column */
};

/* Finds the metric of a column; unknown names become metrics of the run's own. */
static synrl_status name_column(struct reader *reader, struct csv_field field, size_t *metric) {
    struct metrics_table *table = reader->table;
    struct metric_names *own = &table->own;
    char text[CSV_TEXT_SIZE];
    for (*metric = 0; *metric < metric_count(own); ++*metric) {
        if (csv_is(field, metric_name(own, *metric))) {
            return SYNRL_OK;
        }
    }
    if (!metric_name_is_good(field.start, (size_t)(field.end - field.start))) {
        return csv_fail(&reader->csv, "\"%s\" is not the name of a metric", csv_text(field, text));
    }
    if (own->n == METRICS_OWN_MAX) {
        return csv_fail(&reader->csv, "more than %d metrics of a rule and a script",
                        METRICS_OWN_MAX);
    }
    memcpy(table->texts[own->n], field.start, (size_t)(field.end - field.start));
    own->names[own->n] = table->texts[own->n];
    own->n++;
    return SYNRL_OK;
}

/* A process that crashes early leaves a part of the heading. */
static bool is_heading_begun(const char *text, const char *end) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_,", first[] = "iteration,";
    for (size_t i = 0; text + i < end; i++) {
        if (text[i] == '\0' || strchr(letters, text[i]) == NULL ||
            (i < strlen(first) && text[i] != first[i])) {
            return false;
        }
    }
    return true;
}

static synrl_status read_heading(struct reader *reader) {
    const struct csv *csv = &reader->csv;
    const char *start = csv->next;
    bool any, has[METRICS_MAX] = {false}, is_in_order = true;
    SYNRL_TRY(csv_next(&reader->csv, &any));
    for (size_t c = 0; any && c < csv->n_fields; c++) {
        size_t metric;
        char text[CSV_TEXT_SIZE];
        SYNRL_TRY(name_column(reader, csv->fields[c], &metric));
        if (has[metric]) {
            return csv_fail(csv, "two columns are named \"%s\"", csv_text(csv->fields[c], text));
        }
        has[metric] = true;
        reader->metrics[c] = metric;
        reader->n_columns = c + 1;
        is_in_order = is_in_order && metric == c;
    }
    reader->table->is_as_written =
        is_in_order && reader->n_columns == metric_count(&reader->table->own);
    if (any ? reader->metrics[0] != 0 : !is_heading_begun(start, csv->end)) {
        return csv_fail(csv,
                        "must begin with the names of the columns, the first of them iteration");
    }
    return SYNRL_OK;
}

/* "", "nan", "inf", "-inf" or a number. */
static bool read_value(struct csv_field field, double *value) {
    const bool is_infinite = csv_is(field, "inf") || csv_is(field, "-inf");
    *value = is_infinite ? (double)INFINITY : (double)NAN;
    if (is_infinite && *field.start == '-') {
        *value = -*value;
    }
    return is_infinite || field.start == field.end || csv_is(field, "nan") ||
           number_read(field.start, field.end, value);
}

static synrl_status read_row(const struct reader *reader, struct metrics *row) {
    const struct csv *csv = &reader->csv;
    if (csv->n_fields != reader->n_columns) {
        return csv_fail(csv, "%zu values, where the heading has %zu names", csv->n_fields,
                        reader->n_columns);
    }
    for (size_t i = 0; i < METRICS_MAX; i++) {
        if (!metric_at(i)->is_count) {
            metric_set(row, i, (double)NAN);
        }
    }
    for (size_t c = 0; c < csv->n_fields; c++) {
        const struct csv_field field = csv->fields[c];
        const size_t length = (size_t)(field.end - field.start), metric = reader->metrics[c];
        uint64_t count = 0;
        double value = 0;
        char text[CSV_TEXT_SIZE];
        if (metric_at(metric)->is_count ? !integer_read(field.start, length, 0, UINT64_MAX, &count)
                                        : !read_value(field, &value)) {
            return csv_fail(csv, "column %zu is \"%s\": must be a number", c + 1,
                            csv_text(field, text));
        }
        if (metric_at(metric)->is_count) {
            metric_set_count(row, metric, count);
        } else {
            metric_set(row, metric, value);
        }
    }
    return SYNRL_OK;
}

/* The row just read against the one above it. */
static synrl_status check_order(const struct reader *reader) {
    const struct metrics *row = &reader->table->rows[reader->table->n];
    if (reader->table->n > 0 && row[0].iteration < row[-1].iteration) {
        return csv_fail(&reader->csv,
                        "iteration %" PRIu64 " after %" PRIu64 ": rows must be in their order",
                        row[0].iteration, row[-1].iteration);
    }
    return SYNRL_OK;
}

static synrl_status read_rows(struct reader *reader, uint64_t last) {
    struct metrics_table *table = reader->table;
    SYNRL_TRY(read_heading(reader));
    for (bool any = true; any;) {
        SYNRL_TRY(csv_next(&reader->csv, &any));
        if (any && table->n == reader->capacity) {
            struct metrics *rows =
                core_grow(reader->csv.core, table->rows, table->n, &reader->capacity, sizeof *rows);
            if (rows == NULL) {
                return SYNRL_NO_MEMORY;
            }
            table->rows = rows;
        }
        if (any) {
            SYNRL_TRY(read_row(reader, &table->rows[table->n]));
            SYNRL_TRY(check_order(reader));
            if (table->rows[table->n].iteration > last) {
                return SYNRL_OK;
            }
            table->n++;
        }
    }
    return SYNRL_OK;
}

static synrl_status read_text(struct core *core, const char *path, uint64_t last,
                              struct metrics_table *table) {
    char *text;
    size_t size;
    SYNRL_TRY(file_read_no_link(core, path, METRICS_LIMIT, &text, &size));
    struct reader reader = {.csv = csv_begin(core, path, text, size), .table = table};
    const synrl_status status = read_rows(&reader, last);
    csv_end(&reader.csv);
    core_free(core, text);
    return status;
}

synrl_status metrics_csv_read(struct core *core, const char *folder, uint64_t last,
                              struct metrics_table **made) {
    char *path = core_printf(core, "%s/metrics.csv", folder);
    struct metrics_table *table = core_alloc(core, 1, sizeof *table);
    synrl_status status =
        path != NULL && table != NULL ? read_text(core, path, last, table) : SYNRL_NO_MEMORY;
    core_free(core, path);
    *made = table;
    if (status != SYNRL_OK) {
        metrics_table_free(core, table);
        *made = NULL;
    }
    return status;
}

/* Of the last row there are 64 KiB more than enough. */
enum { TAIL_SIZE = 65536, HEADING_SIZE = 8192 };

/* The heading and the last lines of the file, as text of a shorter file. */
static synrl_status read_ends(struct core *core, const char *path, char *text, size_t *size) {
    const int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    ssize_t n = -1, n_tail = 0;
    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        n = pread(file, text, HEADING_SIZE, 0);
    }
    const char *end = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;
    const size_t heading = end != NULL ? (size_t)(end - text) + 1 : 0;
    if (heading > 0) {
        const off_t first = status.st_size > TAIL_SIZE ? status.st_size - TAIL_SIZE : 0;
        n_tail = pread(file, text + heading, TAIL_SIZE, first);
        const char *line = n_tail > 0 ? memchr(text + heading, '\n', (size_t)n_tail) : NULL;
        const size_t skipped = line != NULL ? (size_t)(line - text) + 1 - heading : 0;
        n_tail = line != NULL ? n_tail - (ssize_t)skipped : 0;
        memmove(text + heading, text + heading + skipped, (size_t)n_tail);
    }
    *size = heading + (size_t)n_tail;
    text[*size] = '\0';
    if (file >= 0) {
        close(file);
    }
    return n_tail > 0 ? SYNRL_OK : core_fail(core, SYNRL_INVALID, "%s: has no row yet", path);
}

static synrl_status read_last(struct core *core, const char *path, char *text,
                              struct metrics_table *table, struct metrics *last) {
    size_t size;
    SYNRL_TRY(read_ends(core, path, text, &size));
    struct reader reader = {.csv = csv_begin(core, path, text, size), .table = table};
    const synrl_status status = read_rows(&reader, UINT64_MAX);
    csv_end(&reader.csv);
    SYNRL_TRY(status);
    if (table->n == 0) {
        return core_fail(core, SYNRL_INVALID, "%s: has no row yet", path);
    }
    *last = table->rows[table->n - 1];
    for (size_t i = table->n; i-- > 0 && isnan(last->valid_loss);) {
        last->valid_loss = table->rows[i].valid_loss;
        last->valid_accuracy = table->rows[i].valid_accuracy;
    }
    return SYNRL_OK;
}

synrl_status metrics_csv_read_last(struct core *core, const char *folder, struct metrics *last) {
    char *path = core_printf(core, "%s/metrics.csv", folder);
    char *text = core_alloc(core, HEADING_SIZE + TAIL_SIZE + 1, 1);
    struct metrics_table *table = core_alloc(core, 1, sizeof *table);
    const synrl_status status = path != NULL && text != NULL && table != NULL
                                    ? read_last(core, path, text, table, last)
                                    : SYNRL_NO_MEMORY;
    metrics_table_free(core, table);
    core_free(core, text);
    core_free(core, path);
    return status;
}

void metrics_table_free(struct core *core, struct metrics_table *table) {
    if (table != NULL) {
        core_free(core, table->rows);
    }
    core_free(core, table);
}
