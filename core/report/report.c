/* SPDX-License-Identifier: MIT */
/* Collects the data of a report and composes the page. */
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/number.h"
#include "runs/metrics_csv.h"
#include "runs/run_files.h"
#include "runs/runs.h"

/* assets.S */
extern const char report_page_html[], report_page_css[], report_page_js[], report_uplot_css[],
    report_uplot_js[], report_uplot_license[];

enum {
    POINTS_MAX = 10000,   /* of one run */
    POINTS_TOTAL = 60000, /* of all runs: the page stays below 3 MB */
    POINTS_LEAST = 500,
    TABLE_LIMIT = 4 << 20,
    PICTURE_LIMIT = 1 << 20,
};

struct report {
    struct core *core;
    json_t *iterations; /* lists of iterations, shared by runs */
    size_t n_points;    /* at max, per run */
};

/* Curves --------------------------------------------------------------------------------------- */

/* Selects the rows to show: all, or the smallest and the largest loss of each stretch. */
static size_t thin(const struct metrics *rows, size_t n, size_t max, size_t *chosen) {
    size_t n_chosen = 0;
    if (n <= max) {
        for (size_t i = 0; i < n; i++) {
            chosen[n_chosen++] = i;
        }
        return n_chosen;
    }
    const size_t n_stretches = max / 2 - 1;
    chosen[n_chosen++] = 0;
    for (size_t s = 0; s < n_stretches; s++) {
        const size_t first = 1 + s * (n - 2) / n_stretches,
                     end = 1 + (s + 1) * (n - 2) / n_stretches;
        size_t least = first, greatest = first;
        for (size_t i = first; i < end; i++) {
            least = rows[i].loss < rows[least].loss ? i : least;
            greatest = rows[i].loss > rows[greatest].loss ? i : greatest;
        }
        if (first < end) {
            chosen[n_chosen++] = least < greatest ? least : greatest;
            if (least != greatest) {
                chosen[n_chosen++] = least < greatest ? greatest : least;
            }
        }
    }
    chosen[n_chosen++] = n - 1;
    return n_chosen;
}

/* A list of values; one number where all are equal; NULL where there are none. */
static json_t *column_json(const struct metrics *rows, size_t n, const size_t *chosen, size_t c) {
    bool has_some = false, are_same = true;
    double first = (double)NAN;
    json_t *column = json_array();
    for (size_t i = 0; i < n; i++) {
        const double value = metric_value(&rows[chosen[i]], c);
        has_some = has_some || isfinite(value);
        first = i == 0 ? value : first;
        are_same = are_same && value <= first && value >= first;
        json_array_append_new(column, json_number_or_null(value));
    }
    if (!has_some || are_same) {
        json_decref(column);
        return has_some ? json_real(first) : NULL;
    }
    return column;
}

/* The index of this run's iterations among the shared lists. */
static json_int_t share_iterations(struct report *report, json_t *list) {
    for (size_t i = 0; i < json_array_size(report->iterations); i++) {
        if (json_equal(json_array_get(report->iterations, i), list) != 0) {
            json_decref(list);
            return (json_int_t)i;
        }
    }
    json_array_append_new(report->iterations, list);
    return (json_int_t)json_array_size(report->iterations) - 1;
}

static void add_curves(struct report *report, json_t *run, const struct metrics_table *table,
                       size_t *chosen) {
    const struct metrics *rows = table->rows;
    const size_t n_chosen = thin(rows, table->n, report->n_points, chosen);
    json_t *iterations = json_array(), *object = json_object();
    for (size_t i = 0; i < n_chosen; i++) {
        json_array_append_new(iterations, json_integer((json_int_t)rows[chosen[i]].iteration));
    }
    for (size_t c = 0; c < metric_count(&table->own); c++) {
        json_t *column = metric_at(c)->is_count ? NULL : column_json(rows, n_chosen, chosen, c);
        if (column != NULL) {
            json_object_set_new(object, metric_name(&table->own, c), column);
        }
    }
    json_object_set_new(run, "columns", object);
    json_object_set_new(run, "iterations", json_integer(share_iterations(report, iterations)));
}

static synrl_status read_curves(struct report *report, json_t *run, const char *folder) {
    struct metrics_table *table;
    SYNRL_TRY(metrics_csv_read(report->core, folder, UINT64_MAX, &table));
    size_t *chosen = core_alloc(report->core, table->n + 2, sizeof *chosen);
    if (chosen != NULL) {
        add_curves(report, run, table, chosen);
    }
    metrics_table_free(report->core, table);
    core_free(report->core, chosen);
    return chosen != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

/* Tables and pictures -------------------------------------------------------------------------- */

/* NULL where the file does not exist, is not a regular one or is too large to show. */
static char *read_optional(struct core *core, const char *folder, const char *name, size_t limit,
                           size_t *size) {
    char *path = core_printf(core, "%s/%s", folder, name), *bytes = NULL;
    if (path == NULL || file_read_no_link(core, path, limit, &bytes, size) != SYNRL_OK) {
        bytes = NULL;
    }
    core_free(core, path);
    return bytes;
}

/* Lines of cells, as numbers where possible, else as text; up to a zero byte, which JSON text
 * cannot contain. */
static json_t *csv_json(struct core *core, const char *text, bool numbers) {
    struct csv csv = csv_begin(core, "", text, strlen(text));
    json_t *table = json_array();
    bool any = true;
    while (csv_next(&csv, &any) == SYNRL_OK && any) {
        json_t *row = json_array();
        for (size_t c = 0; c < csv.n_fields; c++) {
            const struct csv_field cell = csv.fields[c];
            double value;
            json_t *item = numbers && number_read(cell.start, cell.end, &value)
                               ? json_number_or_null(value)
                               : json_stringn(cell.start, (size_t)(cell.end - cell.start));
            json_array_append_new(row, item != NULL ? item : json_string("?"));
        }
        json_array_append_new(table, row);
    }
    csv_end(&csv);
    return table;
}

static void add_policy(struct report *report, json_t *run, const char *folder) {
    size_t size;
    char *text = read_optional(report->core, folder, "policy.csv", TABLE_LIMIT, &size);
    if (text == NULL) {
        return;
    }
    json_t *rows = csv_json(report->core, text, true), *heading = json_array_get(rows, 0);
    json_int_t n_rewards = 0;
    for (size_t c = 0; c < json_array_size(heading); c++) {
        const char *name = json_string_value(json_array_get(heading, c));
        n_rewards += name != NULL && strncmp(name, "r_", 2) == 0;
    }
    if (json_array_size(rows) > 1) {
        json_array_remove(rows, 0);
        json_object_set_new(run, "policy",
                            json_pack("{s:I, s:O}", "n_rewards", n_rewards, "rows", rows));
    }
    json_decref(rows);
    core_free(report->core, text);
}

static void add_confusion(struct report *report, json_t *run, const char *folder) {
    size_t size;
    char *text = read_optional(report->core, folder, "confusion.csv", TABLE_LIMIT, &size);
    if (text != NULL) {
        json_object_set_new(run, "confusion", csv_json(report->core, text, false));
    }
    core_free(report->core, text);
}

/* data:image/png;base64,... */
static json_t *picture_json(struct core *core, const char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char head[] = "data:image/png;base64,";
    char *text = core_alloc(core, sizeof head + 4 * ((size + 2) / 3), 1);
    if (text == NULL) {
        return NULL;
    }
    char *to = stpcpy(text, head);
    for (size_t i = 0; i < size; i += 3) {
        uint32_t word = 0;
        for (size_t k = 0; k < 3; k++) {
            word = word << 8 | (i + k < size ? (uint8_t)bytes[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            *to++ = i + k > size ? '=' : digits[word >> (18 - 6 * k) & 63];
        }
    }
    json_t *json = json_string(text);
    core_free(core, text);
    return json;
}

static void add_pictures(struct report *report, json_t *run, const char *folder) {
    static const char *const names[] = {"boundary", "mistakes"};
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    json_t *pictures = json_object();
    for (size_t p = 0; p < 2; p++) {
        char name[32];
        size_t size;
        snprintf(name, sizeof name, "%s.png", names[p]);
        char *bytes = read_optional(report->core, folder, name, PICTURE_LIMIT, &size);
        if (bytes != NULL && size >= sizeof png && memcmp(bytes, png, sizeof png) == 0) {
            json_object_set_new(pictures, names[p], picture_json(report->core, bytes, size));
        }
        core_free(report->core, bytes);
    }
    json_object_set_new(run, "pictures", pictures);
}

/* Runs ----------------------------------------------------------------------------------------- */

/* Errors in a run are shown with it; only lack of memory fails the report. */
static synrl_status add_run(struct report *report, json_t *runs, const char *folder) {
    json_t *record = NULL;
    json_t *run = json_pack("{s:s, s:{}, s:{}, s:i}", "name", run_base(folder), "record", "columns",
                            "iterations", -1);
    synrl_status status = record_read(report->core, folder, &record);
    if (status == SYNRL_OK) {
        const char *recorded = json_string_value(json_object_get(record, "status"));
        const char *now = run_status(recorded, json_object_get(record, "process"));
        json_object_set_new(record, "status", json_string(now));
        json_object_set_new(run, "record", record);
        status = read_curves(report, run, folder);
    }
    if (status != SYNRL_OK) {
        json_object_set_new(run, "problem", json_string(report->core->message));
    }
    add_policy(report, run, folder);
    add_confusion(report, run, folder);
    add_pictures(report, run, folder);
    json_array_append_new(runs, run);
    return status == SYNRL_NO_MEMORY ? status : SYNRL_OK;
}

static synrl_status dump(struct core *core, const json_t *json, char **text) {
    char *made = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (made == NULL) {
        return core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the report");
    }
    *text = core_strdup(core, made);
    free(made);
    return *text != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

synrl_status report_data(struct core *core, size_t n_runs, const char *const *folders,
                         const char *title, const char *note, char **json) {
    struct report report = {.core = core, .iterations = json_array()};
    json_t *runs = json_array();
    const size_t share = POINTS_TOTAL / (n_runs > 0 ? n_runs : 1);
    synrl_status status = SYNRL_OK;
    *json = NULL;
    report.n_points = share > POINTS_MAX ? POINTS_MAX : share < POINTS_LEAST ? POINTS_LEAST : share;
    for (size_t i = 0; status == SYNRL_OK && i < n_runs; i++) {
        status = add_run(&report, runs, folders[i]);
    }
    json_t *data = json_pack("{s:s, s:s, s:o, s:o}", "title", title, "note", note, "runs", runs,
                             "iterations", report.iterations);
    if (status == SYNRL_OK) {
        status = data != NULL ? dump(core, data, json)
                              : core_fail(core, SYNRL_INVALID, "the title is not UTF-8");
    }
    json_decref(data);
    return status;
}

/* The page ------------------------------------------------------------------------------------- */

/* Escapes < as \u003c, which JSON allows, so that no "</script>" or "<!--" can end the element
 * early. */
static char *without_markup(struct core *core, const char *json) {
    size_t n = 0;
    for (const char *c = json; *c != '\0'; c++) {
        n += *c == '<' ? 6 : 1;
    }
    char *safe = core_alloc(core, n + 1, 1), *to = safe;
    for (const char *c = json; safe != NULL && *c != '\0'; c++) {
        if (*c == '<') {
            to = stpcpy(to, "\\u003c");
        } else {
            *to++ = *c;
        }
    }
    return safe;
}

static synrl_status compose(struct core *core, const char *source, const char *data, char **html) {
    static const char mark[] = "@SOURCE@";
    const char *at = strstr(report_page_html, mark);
    const char *connect = source[0] != '\0' ? "connect-src 'self'; " : "";
    *html = core_printf(
        core,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
        "%sstyle-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n<title>synrl</title>\n"
        "<style>%s</style>\n<style>%s</style>\n</head>\n%.*s%s%s"
        "<script type=\"application/json\" id=\"data\">%s</script>\n"
        "<!-- uPlot:\n%s\n-->\n<script>%s</script>\n"
        "<script>%s</script>\n</body>\n</html>\n",
        connect, report_uplot_css, report_page_css, (int)(at - report_page_html), report_page_html,
        source, at + strlen(mark), data, report_uplot_license, report_uplot_js, report_page_js);
    return *html != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

synrl_status report_page(struct core *core, size_t n_runs, const char *const *folders,
                         const char *title, char **html) {
    char *json;
    *html = NULL;
    SYNRL_TRY(report_data(core, n_runs, folders, title, "", &json));
    char *safe = without_markup(core, json);
    const synrl_status status = safe != NULL ? compose(core, "", safe, html) : SYNRL_NO_MEMORY;
    core_free(core, safe);
    core_free(core, json);
    return status;
}

synrl_status report_live_page(struct core *core, const char *source, char **html) {
    char attribute[256];
    snprintf(attribute, sizeof attribute, " data-source=\"%s\"", source);
    return compose(core, attribute, "{}", html);
}
