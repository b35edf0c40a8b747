/* SPDX-License-Identifier: MIT */
/* Histories: rows of metrics become lists of numbers, all of one length. */
#include "lua/history.h"

#include <math.h>
#include <stdio.h>

#include "base/reads.h"
#include "lua/known.h"
#include "lua/session.h"
#include "runs/metrics_csv.h"

struct history {
    struct core *core;
    struct metrics_table *table; /* owned; NULL: empty */
    size_t capacity;
    const struct metric_names *names;
};

static int history_free(lua_State *L) {
    struct history *history = luaL_checkudata(L, 1, history_type.name);
    metrics_table_free(session_of(L)->core, history->table);
    history->table = NULL;
    return 0;
}

const struct type history_type = {"synrl.history", history_free, NULL, NULL, NULL};

struct history *history_push(lua_State *L) {
    struct history *history = box_push(L, &history_type, sizeof *history);
    history->core = session_of(L)->core;
    return history;
}

/* Keeping -------------------------------------------------------------------------------------- */

/* The names belong to the run, which is freed before its result. */
static void copy_names(struct metrics_table *table, const struct metric_names *names) {
    table->own.n = names->n;
    for (size_t i = 0; i < names->n; i++) {
        snprintf(table->texts[i], METRIC_NAME_SIZE, "%s", names->names[i]);
        table->own.names[i] = table->texts[i];
    }
}

static synrl_status keep_record(void *context, const struct metrics *metrics) {
    struct history *history = context;
    if (history->table == NULL) {
        history->table = core_alloc(history->core, 1, sizeof *history->table);
        if (history->table == NULL) {
            return SYNRL_NO_MEMORY;
        }
        copy_names(history->table, history->names);
    }
    struct metrics_table *table = history->table;
    if (table->n == history->capacity) {
        struct metrics *rows =
            core_grow(history->core, table->rows, table->n, &history->capacity, sizeof *rows);
        if (rows == NULL) {
            return SYNRL_NO_MEMORY;
        }
        table->rows = rows;
    }
    table->rows[table->n++] = *metrics;
    return SYNRL_OK;
}

struct observer history_observer(struct history *history, const struct metric_names *names) {
    history->names = names;
    return (struct observer){.context = history, .record = keep_record};
}

/* As a table ----------------------------------------------------------------------------------- */

static bool is_known(const struct metrics_table *table, size_t metric) {
    for (size_t r = 0; r < table->n; r++) {
        if (!isnan(metric_value(&table->rows[r], metric))) {
            return true;
        }
    }
    return false;
}

static void push_column(lua_State *L, const struct metrics_table *table, size_t metric) {
    lua_createtable(L, table->n < INT32_MAX ? (int)table->n : 0, 0);
    for (size_t r = 0; r < table->n; r++) {
        if (metric_at(metric)->is_count) {
            lua_pushinteger(L, (lua_Integer)metric_value_count(&table->rows[r], metric));
        } else {
            lua_pushnumber(L, metric_value(&table->rows[r], metric));
        }
        lua_rawseti(L, -2, (lua_Integer)r + 1);
    }
}

static void push_columns(lua_State *L, const struct metrics_table *table) {
    static const struct metrics_table empty = {.n = 0};
    const char *names[METRICS_MAX];
    table = table != NULL ? table : &empty;
    const size_t n = metric_count(&table->own);
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        names[i] = metric_name(&table->own, i);
        if (is_known(table, i)) {
            push_column(L, table, i);
            lua_setfield(L, -2, names[i]);
        }
    }
    known_set(L, "the history of a run", n, names);
}

static synrl_status read_table(struct core *core, const char *folder, bool is_read,
                               struct metrics_table **table) {
    SYNRL_TRY(metrics_csv_read(core, folder, UINT64_MAX, table));
    char *path = core_printf(core, "%s/metrics.csv", folder);
    const synrl_status status = path == NULL ? SYNRL_NO_MEMORY
                                : is_read    ? reads_note_opened(core, read_file, path)
                                             : SYNRL_OK;
    core_free(core, path);
    return status;
}

void history_push_table(lua_State *L, bool is_read) {
    struct session *session = session_of(L);
    const int index = lua_gettop(L);
    luaL_checkstack(L, 8, NULL);
    struct history *history = luaL_testudata(L, index, history_type.name);
    if (history == NULL) {
        history = history_push(L);
        session_check(L, session,
                      read_table(session->core, lua_tostring(L, index), is_read, &history->table));
    }
    push_columns(L, history->table);
    lua_replace(L, index);
    lua_settop(L, index);
}
