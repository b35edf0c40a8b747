/* SPDX-License-Identifier: MIT */
/* Schedules as Lua objects, and Lua functions as schedules.
 *
 * A function is kept in Lua's registry for as long as the core's schedule lives. During a run it is
 * called protected, on the thread that last called into the module. */
#include "lua/schedule.h"

#include <math.h>

#include "lua/callback.h"
#include "lua/fields.h"
#include "lua/session.h"

struct schedule **schedule_push(lua_State *L) {
    return box_push(L, &schedule_type, sizeof(struct schedule *));
}

struct schedule *schedule_at(lua_State *L, int index) {
    struct schedule **box = luaL_testudata(L, index, schedule_type.name);
    return box != NULL ? *box : NULL;
}

/* Functions ------------------------------------------------------------------------------------ */

struct pinned {
    struct session *session;
    int reference;
};

struct call {
    struct callback callback;
    const struct pinned *pinned;
    uint64_t iteration;
    double value;
};

static int call_function(lua_State *L) {
    struct call *call = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->pinned->reference);
    lua_pushvalue(L, -1);
    lua_pushinteger(L, (lua_Integer)call->iteration);
    lua_call(L, 1, 1);
    call->value = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : (double)NAN;
    if (isnan(call->value)) {
        call->callback.name = NULL;
        const char *found = describe(L, -1);
        lua_Debug info;
        lua_pushvalue(L, 2);
        lua_getinfo(L, ">S", &info);
        return luaL_error(L,
                          "%s:%d: this function of the iteration returned %s at iteration %I; "
                          "must be a number",
                          info.short_src, info.linedefined, found, (LUAI_UACINT)call->iteration);
    }
    return 0;
}

static synrl_status ask_function(void *context, uint64_t iteration, double *value) {
    const struct pinned *pinned = context;
    struct session *session = pinned->session;
    lua_State *L = session->L;
    if (lua_checkstack(L, 6) == 0) {
        return core_fail(session->core, SYNRL_NO_MEMORY, "Lua's stack is full");
    }
    struct call call = {{.name = "a schedule", .iteration = iteration}, pinned, iteration, 0};
    lua_pushcfunction(L, call_function);
    lua_pushlightuserdata(L, &call);
    const enum control before = session_control(session, CONTROL_SCHEDULE);
    const int outcome = callback_call(L, &call.callback, 1);
    session_control(session, before);
    session->L = L;
    *value = call.value;
    return outcome == LUA_OK ? SYNRL_OK : session_keep_error(L, session);
}

static void unpin(void *context) {
    struct pinned *pinned = context;
    luaL_unref(pinned->session->L, LUA_REGISTRYINDEX, pinned->reference);
    core_free(pinned->session->core, pinned);
}

struct schedule **schedule_from_function(lua_State *L, int index) {
    struct session *session = session_of(L);
    index = lua_absindex(L, index);
    struct schedule **box = schedule_push(L);
    lua_pushvalue(L, index);
    const int reference = luaL_ref(L, LUA_REGISTRYINDEX);
    struct pinned *pinned = core_alloc(session->core, 1, sizeof *pinned);
    if (pinned != NULL) {
        *pinned = (struct pinned){session, reference};
    } else {
        luaL_unref(L, LUA_REGISTRYINDEX, reference);
        session_raise(L, session);
    }
    session_check(L, session, schedule_function(session->core, ask_function, unpin, pinned, box));
    return box;
}

/* Steps ---------------------------------------------------------------------------------------- */

static void read_step(lua_State *L, int step, uint64_t *iteration, double *value) {
    const char *who = lua_pushfstring(L, "schedule: step %d", step);
    lua_rawgeti(L, 1, step);
    if (!lua_istable(L, -1) || lua_rawlen(L, -1) != 2) {
        session_fail(L, "%s must be {iteration, value}, not %s", who, describe(L, -1));
    }
    lua_rawgeti(L, -1, 1);
    *iteration = field_integer(L, who, "the iteration", 0, INT64_MAX);
    lua_rawgeti(L, -1, 2);
    *value = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : (double)NAN;
    if (!isfinite(*value)) {
        session_fail(L, "%s: the value must be a finite number, not %s", who, describe(L, -1));
    }
    lua_pop(L, 3);
}

static bool has_names(lua_State *L) {
    lua_pushnil(L);
    if (!lua_istable(L, 1) || lua_rawlen(L, 1) > 0 || lua_next(L, 1) == 0) {
        lua_settop(L, 1);
        return false;
    }
    lua_settop(L, 1);
    return true;
}

static void push_given(lua_State *L, const char *name) {
    if (!field_push(L, 1, name)) {
        session_fail(L,
                     "schedule: %s is missing: must be as in {from = 1e-2, to = 1e-4, "
                     "iterations = 300}",
                     name);
    }
}

/* {from = number, to = number, iterations = integer} -> schedule */
static int new_halvings(lua_State *L) {
    static const char *const names[] = {"from", "iterations", "to"};
    struct session *session = session_of(L);
    keys_check(L, 1, "schedule", 3, names);
    push_given(L, "from");
    const double from = field_number(L, "schedule", "from", 0, 1e9);
    push_given(L, "to");
    const double to = field_number(L, "schedule", "to", 0, 1e9);
    push_given(L, "iterations");
    const uint64_t iterations = field_integer(L, "schedule", "iterations", 1, INT64_MAX);
    struct schedule **box = schedule_push(L);
    session_check(L, session, schedule_halvings(session->core, from, to, iterations, box));
    return 1;
}

/* {{iteration, value}, ...} -> schedule */
static int new_schedule(lua_State *L) {
    struct session *session = session_of(L);
    lua_settop(L, 1);
    if (has_names(L)) {
        return new_halvings(L);
    }
    const size_t n = lua_istable(L, 1) ? lua_rawlen(L, 1) : 0;
    if (n == 0 || n > INT32_MAX) {
        session_fail(L, "schedule: must be a list such as {{0, 1e-4}, {60000, 5e-5}}, not %s",
                     describe(L, 1));
    }
    struct schedule **box = schedule_push(L);
    uint64_t *iterations = lua_newuserdatauv(L, n * sizeof *iterations, 0);
    double *values = lua_newuserdatauv(L, n * sizeof *values, 0);
    for (size_t i = 0; i < n; i++) {
        read_step(L, (int)i + 1, &iterations[i], &values[i]);
    }
    session_check(L, session, schedule_steps(session->core, n, iterations, values, box));
    lua_settop(L, 2);
    return 1;
}

/* (iteration) -> value */
static int value_at(lua_State *L) {
    struct session *session = session_of(L);
    const struct schedule *schedule = schedule_at(L, 1);
    luaL_argcheck(L, schedule != NULL, 1, "a schedule is expected");
    const uint64_t iteration = argument_integer(L, 2, "schedule: the iteration", 0, INT64_MAX);
    const synrl_schedule *api = schedule_public(schedule);
    double value;
    session_check(L, session, api->at(api, iteration, &value));
    lua_pushnumber(L, value);
    return 1;
}

static int schedule_free(lua_State *L) {
    struct schedule **box = luaL_checkudata(L, 1, schedule_type.name);
    session_of(L);
    schedule_release(*box);
    *box = NULL;
    return 0;
}

static const luaL_Reg metamethods[] = {{"__call", value_at}, {NULL, NULL}};

const struct type schedule_type = {"synrl.schedule", schedule_free, metamethods, NULL, NULL};

const luaL_Reg schedule_functions[] = {{"schedule", new_schedule}, {NULL, NULL}};
