/* SPDX-License-Identifier: MIT */
/* synrl.plot: draws curves in panels from a script's tables. The numbers are in userdata on the
 * stack until they are drawn. */
#include "lua/plot.h"

#include "base/ranks.h"
#include "draw/plot.h"
#include "lua/fields.h"
#include "lua/session.h"

enum { PANELS_MAX = 12, LINES_MAX = 12, POINTS_MAX = 10000000 };

/* The field's string, kept alive by the table, or "". */
static const char *read_text(lua_State *L, int table, const char *who, const char *name) {
    if (!field_push(L, table, name)) {
        return "";
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "%s: %s must be a string, not %s", who, name, describe(L, -1));
    }
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

/* Reads the list in the field; leaves its numbers in a userdata on the stack. */
static const double *read_numbers(lua_State *L, int table, const char *name, size_t *n) {
    if (!field_push(L, table, name) || !lua_istable(L, -1)) {
        session_fail(L, "plot: a line's %s must be a list of numbers", name);
    }
    const int list = lua_gettop(L);
    *n = lua_rawlen(L, list);
    if (*n > POINTS_MAX) {
        session_fail(L, "plot: a line of %I points: must be at most %d", (LUAI_UACINT)*n,
                     POINTS_MAX);
    }
    double *numbers = lua_newuserdatauv(L, *n * sizeof *numbers + 1, 0);
    for (size_t i = 0; i < *n; i++) {
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        if (lua_type(L, -1) != LUA_TNUMBER) {
            session_fail(L, "plot: entry %d of a line's %s must be a number, not %s", (int)i + 1,
                         name, describe(L, -1));
        }
        numbers[i] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_remove(L, list);
    return numbers;
}

static void read_line(lua_State *L, int table, struct plot_line *line) {
    static const char *const names[] = {"name", "x", "y"};
    size_t n_x;
    keys_check(L, table, "plot: a line", 3, names);
    line->name = read_text(L, table, "plot: a line", "name");
    line->x = read_numbers(L, table, "x", &n_x);
    line->y = read_numbers(L, table, "y", &line->n);
    if (n_x != line->n) {
        session_fail(L, "plot: a line has %d x and %d y: their numbers must be equal", (int)n_x,
                     (int)line->n);
    }
}

/* The number of entries of a list, which has at most `max`. */
static size_t list_length(lua_State *L, int list, const char *what, size_t most) {
    const size_t n = lua_istable(L, list) ? lua_rawlen(L, list) : 0;
    if (n < 1 || n > most) {
        session_fail(L, "plot: %s must be a list of 1 to %d tables", what, (int)most);
    }
    return n;
}

static void read_panel(lua_State *L, int table, struct plot_panel *panel) {
    static const char *const names[] = {"lines", "log", "title", "x", "y"};
    keys_check(L, table, "plot: a panel", 5, names);
    panel->title = read_text(L, table, "plot: a panel", "title");
    panel->x_label = read_text(L, table, "plot: a panel", "x");
    panel->y_label = read_text(L, table, "plot: a panel", "y");
    if (field_push(L, table, "log")) {
        panel->is_log = lua_toboolean(L, -1) != 0;
        lua_pop(L, 1);
    }
    if (!field_push(L, table, "lines")) {
        session_fail(L, "plot: a panel: lines is missing");
    }
    const int list = lua_gettop(L);
    panel->n_lines = list_length(L, list, "lines", LINES_MAX);
    struct plot_line *lines = lua_newuserdatauv(L, panel->n_lines * sizeof *lines, 0);
    for (size_t i = 0; i < panel->n_lines; i++) {
        luaL_checkstack(L, 16, NULL);
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        read_line(L, lua_gettop(L), &lines[i]);
    }
    panel->lines = lines;
}

/* {path, panels, columns} */
static int plot(lua_State *L) {
    static const char *const names[] = {"columns", "panels", "path"};
    struct session *session = session_of(L);
    struct plot_panel panels[PANELS_MAX] = {{.title = NULL}};
    lua_settop(L, 1);
    keys_check(L, 1, "plot", 3, names);
    const char *path = read_text(L, 1, "plot", "path");
    if (!field_push(L, 1, "panels")) {
        session_fail(L, "plot: panels is missing");
    }
    const size_t n = list_length(L, 2, "panels", PANELS_MAX);
    size_t columns = n < 2 ? n : 2;
    if (field_push(L, 1, "columns")) {
        columns = field_integer(L, "plot", "columns", 1, PANELS_MAX);
    }
    for (size_t p = 0; p < n; p++) {
        luaL_checkstack(L, 16, NULL);
        lua_rawgeti(L, 2, (lua_Integer)p + 1);
        read_panel(L, lua_gettop(L), &panels[p]);
    }
    struct core *core = session->core;
    const synrl_status drawn =
        ranks_is_first(core) ? plot_draw(core, path, columns, n, panels) : SYNRL_OK;
    session_check(L, session, ranks_agree(core, drawn));
    return 0;
}

const luaL_Reg plot_functions[] = {{"plot", plot}, {NULL, NULL}};
