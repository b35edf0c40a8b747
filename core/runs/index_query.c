/* SPDX-License-Identifier: MIT */
/* Selects and sorts rows of the index. Invariant: user input reaches SQL only as bound values,
 * except for a column's name, which is looked up first. */
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/json.h"
#include "base/number.h"
#include "runs/index_private.h"

/* Parameters: 1 the status, 2 the name, 3 the limit; then three for each condition: the path, the
 * value as text, the value as a number. A float in JSON is read by SQLite, which may miss the last
 * bit. */
enum { FIRST_WHERE = 4 };

/* A config that is nested more deeply than SQLite can read has no values; it must not fail the
 * query. */
static void append_where(sqlite3_str *sql, int path) {
    sqlite3_str_appendf(sql,
                        " AND CASE WHEN json_valid(config) THEN CASE json_type(config, ?%d)"
                        " WHEN 'integer' THEN json_extract(config, ?%d) = ?%d"
                        " WHEN 'real' THEN abs(json_extract(config, ?%d) - ?%d)"
                        " <= 1e-12 * abs(?%d)"
                        " WHEN 'true' THEN ?%d = 'true'"
                        " WHEN 'false' THEN ?%d = 'false'"
                        " WHEN 'null' THEN ?%d = 'null'"
                        " ELSE json_extract(config, ?%d) = ?%d END END",
                        path, path, path + 2, path, path + 2, path + 2, path + 1, path + 1,
                        path + 1, path, path + 1);
}

static void append_order(sqlite3_str *sql, const struct index_query *query, bool newest_first) {
    if (query->sort != NULL) {
        sqlite3_str_appendf(sql, " ORDER BY %s %s NULLS LAST, folder", query->sort,
                            query->reverse ? "DESC" : "ASC");
        return;
    }
    /* Runs without a start time are older than this column. */
    const char *direction = newest_first ? "DESC" : "ASC";
    sqlite3_str_appendf(sql, " ORDER BY started IS NOT NULL %s, started %s, folder %s", direction,
                        direction, direction);
}

static void append_column(sqlite3_str *sql, const char *name, const char *before) {
    /* The columns that a run has in its summary, and before its end in metrics.csv, as what. */
    static const struct {
        const char *column, *metric;
    } followed[] = {{"iterations_done", "iteration"},
                    {"loss", "loss"},
                    {"accuracy", "accuracy"},
                    {"valid_loss", "valid_loss"},
                    {"valid_accuracy", "valid_accuracy"}};
    if (strcmp(name, "status") == 0) {
        sqlite3_str_appendf(sql, "%sstatus_now(folder, status, process) AS status", before);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(followed); i++) {
        if (strcmp(name, followed[i].column) == 0) {
            sqlite3_str_appendf(
                sql,
                "%sCASE status WHEN 'running' THEN last_metric(folder, '%s') ELSE %s END AS %s",
                before, followed[i].metric, name, name);
            return;
        }
    }
    sqlite3_str_appendf(sql, "%s%s", before, name);
}

/* The inner statement selects, the outer one sorts. Freed by sqlite3_free. */
static char *select_sql(const struct index *index, const struct index_query *query) {
    sqlite3_str *sql = sqlite3_str_new(index->database);
    sqlite3_str_appendf(sql, "SELECT * FROM (SELECT ");
    const char *name;
    for (size_t c = 0; (name = index_column(c)) != NULL; c++) {
        append_column(sql, name, c > 0 ? ", " : "");
    }
    sqlite3_str_appendf(sql, "%s FROM runs", query->with_config ? ", config" : "");
    sqlite3_str_appendf(sql,
                        " WHERE (?1 IS NULL OR status_now(folder, status, process) = ?1)"
                        " AND (?2 IS NULL OR name GLOB ?2)");
    for (size_t i = 0; i < query->n_where; i++) {
        append_where(sql, FIRST_WHERE + 3 * (int)i);
    }
    append_order(sql, query, true);
    sqlite3_str_appendf(sql, " LIMIT ?3)");
    append_order(sql, query, query->reverse);
    return sqlite3_str_finish(sql);
}

/* a.b.0 as $."a"."b"[0]; freed by core_free. */
static synrl_status config_path(struct core *core, const char *path, char **converted) {
    char *end = *converted = core_alloc(core, 4 * strlen(path) + 4, 1);
    if (end == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *end++ = '$';
    for (const char *part = path;; part++) {
        const size_t length = strcspn(part, ".");
        if (length == 0 || strcspn(part, "\"\\") < length) {
            return core_fail(core, SYNRL_INVALID, "\"%s\": must be a dotted path, such as model.id",
                             path);
        }
        const bool is_number = strspn(part, "0123456789") >= length;
        end = stpcpy(end, is_number ? "[" : ".\"");
        memcpy(end, part, length);
        end = stpcpy(end + length, is_number ? "]" : "\"");
        part += length;
        if (*part == '\0') {
            return SYNRL_OK;
        }
    }
}

static synrl_status bind_where(const struct index *index, sqlite3_stmt *statement, int position,
                               const struct index_where *where) {
    char *path = NULL;
    int64_t integer;
    double number;
    const synrl_status status = config_path(index->core, where->path, &path);
    if (status != SYNRL_OK) {
        core_free(index->core, path);
        return status;
    }
    int code = sqlite3_bind_text(statement, position, path, -1, SQLITE_TRANSIENT);
    core_free(index->core, path);
    code = code != SQLITE_OK
               ? code
               : sqlite3_bind_text(statement, position + 1, where->value, -1, SQLITE_TRANSIENT);
    if (signed_read(where->value, strlen(where->value), &integer)) {
        code = code != SQLITE_OK ? code : sqlite3_bind_int64(statement, position + 2, integer);
    } else if (number_read(where->value, where->value + strlen(where->value), &number)) {
        code = code != SQLITE_OK ? code : sqlite3_bind_double(statement, position + 2, number);
    }
    return code == SQLITE_OK ? SYNRL_OK : index_fail(index, code, "ask");
}

static synrl_status bind_query(const struct index *index, sqlite3_stmt *statement,
                               const struct index_query *query) {
    int code = sqlite3_bind_int64(
        statement, 3,
        query->limit > 0 && query->limit < INT64_MAX ? (sqlite3_int64)query->limit : -1);
    if (code == SQLITE_OK && query->status != NULL) {
        code = sqlite3_bind_text(statement, 1, query->status, -1, SQLITE_TRANSIENT);
    }
    if (code == SQLITE_OK && query->name != NULL) {
        code = sqlite3_bind_text(statement, 2, query->name, -1, SQLITE_TRANSIENT);
    }
    for (size_t i = 0; code == SQLITE_OK && i < query->n_where; i++) {
        SYNRL_TRY(bind_where(index, statement, FIRST_WHERE + 3 * (int)i, &query->where[i]));
    }
    return code == SQLITE_OK ? SYNRL_OK : index_fail(index, code, "ask");
}

/* null where it is not JSON, as in a database that was damaged. NULL where there is no memory. */
static json_t *config_json(const char *text) {
    json_error_t error = {.text = ""};
    json_t *config = json_read_text(text, strlen(text), 0, &error);
    return config != NULL || strcmp(error.text, JSON_NO_MEMORY) == 0 ? config : json_null();
}

/* NULL where there is no memory. */
static json_t *value_json(sqlite3_stmt *statement, int column) {
    const char *text, *name = sqlite3_column_name(statement, column);
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return json_number_or_null(sqlite3_column_double(statement, column));
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(statement, column);
        if (text == NULL || name == NULL) {
            return NULL;
        }
        return strcmp(name, "config") == 0 ? config_json(text) : json_text_bytes(text);
    default:
        return json_null();
    }
}

static bool append_row(sqlite3_stmt *statement, json_t *rows) {
    json_t *row = json_object();
    bool is_made = row != NULL;
    for (int c = 0; is_made && c < sqlite3_column_count(statement); c++) {
        is_made = json_object_set_new(row, sqlite3_column_name(statement, c),
                                      value_json(statement, c)) == 0;
    }
    if (!is_made) {
        json_decref(row);
        return false;
    }
    return json_array_append_new(rows, row) == 0;
}

static synrl_status step_rows(const struct index *index, sqlite3_stmt *statement, json_t *rows) {
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!append_row(statement, rows)) {
            return core_fail(index->core, SYNRL_NO_MEMORY, "%s: not enough memory for its rows",
                             index->path);
        }
    }
    return code == SQLITE_DONE ? SYNRL_OK : index_fail(index, code, "read");
}

static synrl_status check_sort(const struct index *index, const char *sort) {
    for (size_t c = 0; sort != NULL && index_column(c) != NULL; c++) {
        if (strcmp(sort, index_column(c)) == 0) {
            return SYNRL_OK;
        }
    }
    return sort == NULL ? SYNRL_OK
                        : core_fail(index->core, SYNRL_INVALID, "no column \"%s\"", sort);
}

synrl_status index_select(struct index *index, const struct index_query *query, json_t **rows) {
    *rows = NULL;
    SYNRL_TRY(check_sort(index, query->sort)); /* the only name that becomes part of the
                                                * statement */
    sqlite3_stmt *statement = NULL;
    json_t *read = json_array();
    char *sql = select_sql(index, query);
    synrl_status status = SYNRL_NO_MEMORY;
    if (read == NULL || sql == NULL) {
        core_fail(index->core, status, "%s: not enough memory to read it", index->path);
    } else {
        status = index_prepare(index, sql, &statement);
    }
    if (status == SYNRL_OK) {
        status = bind_query(index, statement, query);
    }
    if (status == SYNRL_OK) {
        status = step_rows(index, statement, read);
    }
    sqlite3_finalize(statement);
    sqlite3_free(sql);
    if (status != SYNRL_OK) {
        json_decref(read);
        return status;
    }
    *rows = read;
    return SYNRL_OK;
}
