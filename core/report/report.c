/* SPDX-License-Identifier: MIT */
/* Collects the data of a report and composes the page. */
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/number.h"
#include "report/curves.h"
#include "runs/run_files.h"
#include "runs/runs.h"

/* assets.S */
extern const char report_page_html[], report_page_css[], report_groups_js[], report_page_js[],
    report_uplot_css[], report_uplot_js[], report_uplot_license[];

enum {
    POINTS_MAX = 10000,   /* of one run */
    POINTS_TOTAL = 60000, /* of all runs: the page stays below 3 MB */
    POINTS_LEAST = 500,
    TABLE_LIMIT = 4 << 20,
    PICTURE_LIMIT = 1 << 20,
};

/* Tables and pictures -------------------------------------------------------------------------- */

/* What cannot be shown of a run is said with it: the core's message. A lack of memory is that of
 * the whole page. */
static void add_problem(const struct core *core, json_t *run, synrl_status status) {
    json_put(run, "problem", json_text_bytes(core->message));
    if (status == SYNRL_NO_MEMORY) {
        json_lack();
    }
}

/* NULL where the file does not exist, is not a regular one or is too large to show; and, as the
 * run's problem, where it cannot be read. */
static char *read_optional(struct core *core, json_t *run, const char *folder, const char *name,
                           size_t limit, size_t *size) {
    char *path = core_printf(core, "%s/%s", folder, name), *bytes = NULL;
    struct stat found;
    if (path == NULL) {
        json_lack();
    } else if (lstat(path, &found) == 0 && S_ISREG(found.st_mode)) {
        const synrl_status status = file_read_no_link(core, path, limit, &bytes, size);
        if (status != SYNRL_OK && status != SYNRL_INVALID) {
            add_problem(core, run, status);
        }
    }
    core_free(core, path);
    return bytes;
}

/* With single quotes where a quoted field has doubled ones. */
static json_t *field_json(struct core *core, struct csv_field field) {
    const size_t length = (size_t)(field.end - field.start);
    char *text = core_alloc(core, length + 1, 1), *to = text;
    for (const char *c = field.start; text != NULL && c < field.end; c++) {
        *to++ = *c;
        c += field.is_quoted && *c == '"' && c + 1 < field.end;
    }
    json_t *json = text != NULL ? json_bytes(text, (size_t)(to - text)) : NULL;
    core_free(core, text);
    return json;
}

/* Lines of cells, as numbers where possible, else as text; up to a zero byte, which JSON text
 * cannot contain. NULL where *status says why. */
static json_t *csv_json(struct core *core, const char *text, bool numbers, synrl_status *status) {
    struct csv csv = csv_begin(core, "", text, strlen(text));
    json_t *table = json_array();
    bool any = true;
    while ((*status = csv_next(&csv, &any)) == SYNRL_OK && any && table != NULL) {
        json_t *row = json_array();
        for (size_t c = 0; c < csv.n_fields; c++) {
            const struct csv_field cell = csv.fields[c];
            double value;
            json_t *item = numbers && number_read(cell.start, cell.end, &value)
                               ? json_number_or_null(value)
                               : field_json(core, cell);
            row = json_appended(row, item);
        }
        table = json_appended(table, row);
    }
    csv_end(&csv);
    if (*status != SYNRL_OK) {
        json_decref(table);
        return NULL;
    }
    *status = table != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    return table;
}

static void add_policy(struct core *core, json_t *run, const char *folder) {
    size_t size;
    char *text = read_optional(core, run, folder, "policy.csv", TABLE_LIMIT, &size);
    if (text == NULL) {
        return;
    }
    synrl_status status;
    json_t *rows = csv_json(core, text, true, &status), *heading = json_array_get(rows, 0);
    if (rows == NULL) {
        add_problem(core, run, status);
    }
    json_int_t n_rewards = 0;
    for (size_t c = 0; c < json_array_size(heading); c++) {
        const char *name = json_string_value(json_array_get(heading, c));
        n_rewards += name != NULL && strncmp(name, "r_", 2) == 0;
    }
    if (json_array_size(rows) > 1) {
        json_array_remove(rows, 0);
        json_put(run, "policy", json_pack("{s:I, s:O}", "n_rewards", n_rewards, "rows", rows));
    }
    json_decref(rows);
    core_free(core, text);
}

static void add_confusion(struct core *core, json_t *run, const char *folder) {
    size_t size;
    char *text = read_optional(core, run, folder, "confusion.csv", TABLE_LIMIT, &size);
    synrl_status status;
    json_t *rows = text != NULL ? csv_json(core, text, false, &status) : NULL;
    if (rows != NULL) {
        json_put(run, "confusion", rows);
    } else if (text != NULL) {
        add_problem(core, run, status);
    }
    core_free(core, text);
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

static void add_pictures(struct core *core, json_t *run, const char *folder) {
    static const char *const names[] = {"boundary", "mistakes"};
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    json_t *pictures = json_object();
    for (size_t p = 0; p < 2; p++) {
        char name[32];
        size_t size;
        snprintf(name, sizeof name, "%s.png", names[p]);
        char *bytes = read_optional(core, run, folder, name, PICTURE_LIMIT, &size);
        if (bytes != NULL && size >= sizeof png && memcmp(bytes, png, sizeof png) == 0) {
            json_put(pictures, names[p], picture_json(core, bytes, size));
        }
        core_free(core, bytes);
    }
    json_put(run, "pictures", pictures);
}

/* Runs ----------------------------------------------------------------------------------------- */

/* Errors in a run are shown with it; only lack of memory fails the report. */
static json_t *run_json(struct core *core, const char *folder) {
    json_t *record = NULL;
    json_t *run = json_pack("{s:o, s:{}, s:{}, s:i}", "name", json_text_bytes(run_base(folder)),
                            "record", "columns", "iterations", -1);
    const synrl_status status = record_read(core, folder, &record);
    if (status == SYNRL_OK) {
        const char *recorded = json_string_value(json_object_get(record, "status"));
        const char *now = run_status(core, folder, recorded, json_object_get(record, "process"));
        json_put(record, "status", json_string(now));
        json_put(run, "record", record);
    } else {
        add_problem(core, run, status);
    }
    add_policy(core, run, folder);
    add_confusion(core, run, folder);
    add_pictures(core, run, folder);
    return run;
}

/* Groups --------------------------------------------------------------------------------------- */

/* What does not tell one run's config from another's: seeds, and where plugins and data lie. */
static void drop_seeds(json_t *value) {
    const char *key;
    json_t *child;
    size_t i;
    json_object_del(value, "seed");
    json_object_del(value, "file");
    json_object_foreach(value, key, child) {
        drop_seeds(child);
    }
    json_array_foreach(value, i, child) {
        drop_seeds(child);
    }
}

/* The same text for runs that differ only in seeds and names; freed by free. */
static char *group_key(const json_t *run) {
    json_t *config = json_deep_copy(json_object_get(json_object_get(run, "record"), "config"));
    drop_seeds(config);
    json_object_del(config, "name");
    char *key =
        config != NULL ? json_dump_whole(config, JSON_COMPACT | JSON_SORT_KEYS) : strdup("");
    json_decref(config);
    return key;
}

struct groups {
    size_t n;
    char **keys;
    size_t *of; /* each run's group */
};

static void free_groups(struct core *core, struct groups *groups) {
    for (size_t g = 0; g < groups->n; g++) {
        free(groups->keys[g]);
    }
    core_free(core, groups->keys);
    core_free(core, groups->of);
}

/* Numbers the groups in the order of their first runs, and sets each run's "group". */
static synrl_status find_groups(struct core *core, json_t *runs, struct groups *groups) {
    const size_t n = json_array_size(runs);
    *groups = (struct groups){.keys = core_alloc(core, n, sizeof(char *)),
                              .of = core_alloc(core, n, sizeof(size_t))};
    if (groups->keys == NULL || groups->of == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        char *key = group_key(json_array_get(runs, i));
        size_t g = 0;
        if (key == NULL) {
            return core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the report");
        }
        while (g < groups->n && strcmp(groups->keys[g], key) != 0) {
            g++;
        }
        if (g < groups->n) {
            free(key);
        } else {
            groups->keys[groups->n++] = key;
        }
        groups->of[i] = g;
        json_put(json_array_get(runs, i), "group", json_integer((json_int_t)g));
    }
    return SYNRL_OK;
}

/* The curves of group g's runs. `members` and `paths` have room for all runs. */
static synrl_status add_group(struct curves *curves, const struct groups *groups, size_t g,
                              const json_t *runs, const char *const *folders, json_t **members,
                              const char **paths) {
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(runs); i++) {
        if (groups->of[i] == g) {
            members[n] = json_array_get(runs, i);
            paths[n++] = folders[i];
        }
    }
    return curves_add(curves, n, members, paths);
}

static synrl_status add_curves(struct core *core, json_t *runs, const char *const *folders,
                               json_t *iterations) {
    const size_t n = json_array_size(runs), share = POINTS_TOTAL / (n > 0 ? n : 1);
    struct curves curves = {.core = core, .iterations = iterations};
    struct groups groups = {.n = 0};
    json_t **members = core_alloc(core, n, sizeof(json_t *));
    const char **paths = core_alloc(core, n, sizeof(char *));
    synrl_status status =
        members != NULL && paths != NULL ? find_groups(core, runs, &groups) : SYNRL_NO_MEMORY;
    curves.n_points = share > POINTS_MAX ? POINTS_MAX : share < POINTS_LEAST ? POINTS_LEAST : share;
    for (size_t g = 0; status == SYNRL_OK && g < groups.n; g++) {
        status = add_group(&curves, &groups, g, runs, folders, members, paths);
    }
    free_groups(core, &groups);
    core_free(core, members);
    core_free(core, paths);
    return status;
}

/* The data ------------------------------------------------------------------------------------- */

static synrl_status dump(struct core *core, const json_t *json, char **text) {
    char *made = json_dump_whole(json, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (made == NULL) {
        return core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the report");
    }
    *text = core_strdup(core, made);
    free(made);
    return *text != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

synrl_status report_data(struct core *core, size_t n_runs, const char *const *folders,
                         const char *title, const char *note, char **json) {
    const uint64_t lacks = json_lacks();
    json_t *runs = json_array(), *iterations = json_array();
    *json = NULL;
    for (size_t i = 0; i < n_runs; i++) {
        json_put_item(runs, run_json(core, folders[i]));
    }
    synrl_status status = json_array_size(runs) == n_runs
                              ? add_curves(core, runs, folders, iterations)
                              : core_fail(core, SYNRL_NO_MEMORY, "not enough memory for runs");
    json_t *data = json_pack("{s:o, s:o, s:o, s:o}", "title", json_text_bytes(title), "note",
                             json_text_bytes(note), "runs", runs, "iterations", iterations);
    if (status == SYNRL_OK) {
        status = data != NULL
                     ? dump(core, data, json)
                     : core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the report");
    }
    json_decref(data);
    if (status == SYNRL_OK && json_lacks() != lacks) { /* a page with something left out */
        core_free(core, *json);
        *json = NULL;
        status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the report");
    }
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
        "<script>%s\n%s</script>\n</body>\n</html>\n",
        connect, report_uplot_css, report_page_css, (int)(at - report_page_html), report_page_html,
        source, at + strlen(mark), data, report_uplot_license, report_uplot_js, report_groups_js,
        report_page_js);
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
