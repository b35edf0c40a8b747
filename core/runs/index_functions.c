/* SPDX-License-Identifier: MIT */
/* What the index asks of the folders themselves, as functions of SQL. */
#include <string.h>

#include "base/count.h"
#include "base/json.h"
#include "runs/index_private.h"
#include "runs/metrics_csv.h"

/* The text of an argument; NULL where that is null, or where there is no memory, which is then the
 * result. */
static const char *text_of(sqlite3_context *context, sqlite3_value *argument) {
    const char *text = (const char *)sqlite3_value_text(argument);
    if (text == NULL && sqlite3_value_type(argument) != SQLITE_NULL) {
        sqlite3_result_error_nomem(context);
    }
    return text;
}

/* status_now(folder, status, process): run_status for SQL. */
static void status_now(sqlite3_context *context, int n, sqlite3_value **arguments) {
    (void)n;
    const struct index *index = sqlite3_user_data(context);
    const char *name = text_of(context, arguments[0]);
    const char *recorded = text_of(context, arguments[1]);
    const char *text = text_of(context, arguments[2]);
    char *folder = name != NULL ? core_printf(index->core, "%s/%s", index->runs, name) : NULL;
    json_error_t error = {.text = ""};
    json_t *process = text != NULL ? json_read_text(text, strlen(text), 0, &error) : NULL;
    if ((name != NULL && folder == NULL) || strcmp(error.text, JSON_NO_MEMORY) == 0) {
        sqlite3_result_error_nomem(context);
    } else if (recorded != NULL && folder != NULL) {
        sqlite3_result_text(context, run_status(index->core, folder, recorded, process), -1,
                            SQLITE_TRANSIENT);
    }
    json_decref(process);
    core_free(index->core, folder);
}

/* Reads the last metrics of the run, unless they are those read last. */
static synrl_status read_tail(struct index *index, const char *name) {
    if (strcmp(name, index->tail_of) == 0) {
        return SYNRL_OK;
    }
    index->tail_of[0] = '\0';
    char *folder = core_printf(index->core, "%s/%s", index->runs, name);
    const synrl_status status =
        folder == NULL ? SYNRL_NO_MEMORY : metrics_csv_read_last(index->core, folder, &index->tail);
    if (status == SYNRL_OK && strlen(name) < sizeof index->tail_of) {
        strcpy(index->tail_of, name);
    }
    core_free(index->core, folder);
    return status;
}

/* last_metric(folder, name): what metrics.csv says last of a metric; null where it does not. */
static void last_metric(sqlite3_context *context, int n, sqlite3_value **arguments) {
    (void)n;
    struct index *index = sqlite3_user_data(context);
    const char *folder = text_of(context, arguments[0]);
    const char *name = text_of(context, arguments[1]);
    const synrl_status status =
        folder != NULL && name != NULL ? read_tail(index, folder) : SYNRL_INVALID;
    if (status == SYNRL_NO_MEMORY) {
        sqlite3_result_error_nomem(context);
    }
    for (size_t i = 0; status == SYNRL_OK && i < N_METRICS; i++) {
        if (strcmp(metric_at(i)->name, name) == 0 && metric_at(i)->is_count) {
            sqlite3_result_int64(context, (sqlite3_int64)metric_value_count(&index->tail, i));
        } else if (strcmp(metric_at(i)->name, name) == 0) {
            sqlite3_result_double(context, metric_value(&index->tail, i)); /* NaN is null */
        }
    }
}

/* is_there(folder): whether the current refresh has found the run. */
static void is_there(sqlite3_context *context, int n, sqlite3_value **arguments) {
    (void)n;
    const struct index *index = sqlite3_user_data(context);
    const char *name = text_of(context, arguments[0]);
    if (name != NULL) {
        const struct run_entry *entry = run_list_find(index->list, name);
        sqlite3_result_int(context, entry != NULL && entry->is_run);
    }
}

int index_add_functions(struct index *index) {
    static const struct {
        const char *name;
        int n;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **arguments);
    } functions[] = {
        {"status_now", 3, status_now}, {"last_metric", 2, last_metric}, {"is_there", 1, is_there}};
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < COUNT_OF(functions); i++) {
        code = sqlite3_create_function(index->database, functions[i].name, functions[i].n,
                                       SQLITE_UTF8, index, functions[i].call, NULL, NULL);
    }
    return code;
}
