/* SPDX-License-Identifier: MIT */
/* synrl.sweep: a grid of parameters times seeds, each cell in its own process.
 *
 * A cell is the same script called again with --cell SWEEP:CELL: it runs the script as usual until
 * it reaches that sweep; there it runs its own cell, passes the result to the program and ends the
 * script. */
#include "lua/sweep.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/json_build.h"
#include "base/ranks.h"
#include "engine/pool.h"
#include "lua/fields.h"
#include "lua/json.h"
#include "lua/options.h"
#include "lua/session.h"
#include "sweep/grid.h"
#include "sweep/groups.h"
#include "sweep/sweep.h"
#include "sweep/sweep_display.h"

static int json_free(lua_State *L) {
    json_t **box = luaL_checkudata(L, 1, kept_json_type.name);
    json_decref(*box);
    *box = NULL;
    return 0;
}

const struct type kept_json_type = {"synrl.json", json_free, NULL, NULL, NULL};

static json_t **json_push(lua_State *L) {
    return box_push(L, &kept_json_type, sizeof(json_t *));
}

static json_t *checked(lua_State *L, json_t *json, const char *problem) {
    if (json == NULL) {
        session_fail(L, "sweep: %s", problem);
    }
    return json;
}

/* Progress ------------------------------------------------------------------------------------- */

struct watcher {
    struct session *session;
    struct sweep_display display;
};

static synrl_status watch(void *context, const struct job_counts *counts, size_t n_failed) {
    struct watcher *watcher = context;
    if (session_interrupted(watcher->session)) {
        return core_fail(watcher->session->core, SYNRL_STOPPED, "interrupted");
    }
    return sweep_show(&watcher->display, counts, n_failed);
}

/* Reading the table ---------------------------------------------------------------------------- */

/* A scalar, or a list of them where lists are allowed. */
static bool is_value(const json_t *value, bool may_be_list) {
    bool is = !json_is_object(value) && (may_be_list || !json_is_array(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        is = is && is_value(json_array_get(value, i), false);
    }
    return is;
}

static void check_grid(lua_State *L, const json_t *grid) {
    const char *key;
    json_t *values;
    json_object_foreach((json_t *)grid, key, values) {
        if (!json_is_array(values) || json_array_size(values) == 0) {
            session_fail(L, "sweep: grid: %s must be a list of values", key);
        }
        for (size_t i = 0; i < json_array_size(values); i++) {
            if (!is_value(json_array_get(values, i), true)) {
                session_fail(
                    L, "sweep: grid: %s must contain numbers, strings, booleans or lists of them",
                    key);
            }
        }
    }
}

/* Pushes the cells of the table at index 1, in a box. */
static json_t *read_cells(lua_State *L) {
    char problem[256];
    json_t **grid = json_push(L), **cells = json_push(L);
    if (!field_push(L, 1, "grid") || !lua_istable(L, -1)) {
        session_fail(L, "sweep: grid is missing: a table of lists, such as {n = {1, 2}}");
    }
    if (lua_next(L, (lua_pushnil(L), lua_gettop(L) - 1)) == 0) {
        *grid = checked(L, json_object(), "not enough memory");
        lua_pop(L, 1);
    } else {
        lua_pop(L, 2);
        *grid = checked(L, json_from_lua(L, -1, problem, sizeof problem), problem);
        lua_pop(L, 1);
    }
    check_grid(L, *grid);
    if (field_push(L, 1, "seeds")) {
        const uint64_t n = field_integer(L, "sweep", "seeds", 1, 1000000);
        json_t *seeds = json_array();
        for (uint64_t seed = 1; seed <= n; seed++) {
            seeds = json_appended(seeds, json_integer((json_int_t)seed));
        }
        if (json_object_set_new(*grid, "seed", seeds) != 0) {
            session_fail(L, "sweep: not enough memory for %d seeds", (int)n);
        }
    }
    session_check(L, session_of(L), sweep_cells(session_of(L)->core, *grid, cells));
    return *cells;
}

static size_t read_size(lua_State *L, const char *name, size_t min, size_t otherwise) {
    return field_push(L, 1, name) ? (size_t)field_integer(L, "sweep", name, (int64_t)min, 1000000)
                                  : otherwise;
}

static bool read_flag(lua_State *L, const char *name) {
    const bool is_set = field_push(L, 1, name);
    const bool value = is_set && lua_toboolean(L, -1) != 0;
    if (is_set && !lua_isboolean(L, -1)) {
        session_fail(L, "sweep: %s must be true or false, not %s", name, describe(L, -1));
    }
    lua_settop(L, lua_gettop(L) - (int)is_set);
    return value;
}

/* Running -------------------------------------------------------------------------------------- */

/* Pushes the result of `run` for a cell. */
static void call_run(lua_State *L, const json_t *parameters) {
    field_push(L, 1, "run");
    json_to_lua(L, parameters);
    lua_call(L, 1, 1);
}

/* Runs the one cell of this sweep for which this process was started. */
static _Noreturn void run_own_cell(lua_State *L, struct settings *settings, const json_t *cells) {
    char problem[256];
    const json_t *parameters = json_array_get(cells, settings->cell - 1);
    if (parameters == NULL) {
        session_fail(L, "sweep: there is no cell %zu", settings->cell);
    }
    call_run(L, parameters);
    settings->cell_result = checked(L, json_from_lua(L, -1, problem, sizeof problem), problem);
    session_fail(L, "the cell is done");
}

/* Under the stock interpreter there is no program to start: runs the cells one after another. */
static json_t *run_here(lua_State *L, const json_t *cells) {
    char problem[256];
    json_t **done = json_push(L);
    *done = checked(L, json_array(), "not enough memory");
    for (size_t i = 0; i < json_array_size(cells); i++) {
        json_t *parameters = json_array_get(cells, i);
        call_run(L, parameters);
        json_t *result = checked(L, json_from_lua(L, -1, problem, sizeof problem), problem);
        lua_pop(L, 1);
        json_t *cell =
            json_pack("{s:O, s:s, s:o}", "parameters", parameters, "status",
                      sweep_has_diverged(result) ? "diverged" : "done", "result", result);
        if (json_array_append_new(*done, cell) != 0) {
            session_fail(L, "sweep: not enough memory");
        }
    }
    return sweep_summarise(json_incref(*done));
}

static synrl_status run_cells(lua_State *L, struct session *session, const json_t *cells,
                              json_t **results) {
    struct settings *settings = session->settings;
    struct watcher watcher = {.session = session,
                              .display = {.is_quiet = settings->display == NULL,
                                          .is_terminal = isatty(STDERR_FILENO) != 0}};
    const struct ranks *ranks = &session->core->ranks;
    const bool is_fresh = read_flag(L, "fresh");
    if (is_fresh && ranks->n > 1) {
        session_fail(L, "sweep: fresh: each of %d ranks would run every cell again", (int)ranks->n);
    }
    const struct sweep_options options = {
        .runs = settings->runs != NULL ? settings->runs : "runs",
        .record = settings->runs != NULL,
        .script = settings->script,
        .n_overrides = settings->n_overrides,
        .overrides = settings->overrides,
        .has_seed = settings->has_seed,
        .seed = settings->seed,
        .ordinal = session->n_sweeps,
        .jobs = read_size(L, "jobs", 1, 1),
        .threads = pool_size(session->core->pool),
        .retries = read_size(L, "retries", 0, 0),
        .fail_fast = read_flag(L, "fail_fast"),
        .fresh = is_fresh,
        .shard = ranks->n > 1 ? ranks->rank + 1 : 0,
        .n_shards = ranks->n > 1 ? ranks->n : 0,
        .takes_rest = ranks->n > 1,
        .is_follower = ranks->rank > 0,
        .collect_only = settings->cell_sweep != 0, /* an earlier sweep in a cell's process */
        .tick = watch,
        .tick_context = &watcher};
    return ranks_agree(session->core, sweep_run(session->core, &options, cells, results));
}

/* {grid =, seeds =, run =, ...} -> {cells =, groups =, failed =, missing =} */
static int sweep(lua_State *L) {
    static const char *const names[] = {"fail_fast", "fresh", "grid", "jobs",
                                        "retries",   "run",   "seeds"};
    struct session *session = session_of(L);
    struct settings *settings = session->settings;
    lua_settop(L, 1);
    luaL_checkstack(L, 40, NULL);
    options_require_taken(L);
    keys_check(L, 1, "sweep", COUNT_OF(names), names);
    if (!field_push(L, 1, "run") || !lua_isfunction(L, -1)) {
        session_fail(L, "sweep: run is missing: a function of a cell's parameters");
    }
    lua_pop(L, 1);
    const json_t *cells = read_cells(L);
    session->n_sweeps++;
    if (settings->cell_sweep != 0 && settings->cell_sweep == session->n_sweeps) {
        run_own_cell(L, settings, cells);
    }
    json_t **results = json_push(L);
    if (settings->script == NULL) {
        *results = checked(L, run_here(L, cells), "not enough memory");
    } else {
        session_check(L, session, run_cells(L, session, cells, results));
    }
    json_to_lua(L, *results);
    return 1;
}

const luaL_Reg sweep_functions[] = {{"sweep", sweep}, {NULL, NULL}};
