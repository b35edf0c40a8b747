/* SPDX-License-Identifier: MIT */
/* Functions in front of those of Lua's libraries. Each calls the one it stands for, its upvalue 1,
 * and returns what that returns; it only notes the file. */
#include "lua/sources.h"

#include <lauxlib.h>
#include <string.h>

#include "base/reads.h"
#include "lua/session.h"

static void check(lua_State *L, synrl_status status) {
    if (status != SYNRL_OK) {
        luaL_error(L, "not enough memory");
    }
}

static int return_all(lua_State *L, int status, lua_KContext before) {
    (void)status;
    return lua_gettop(L) - (int)before;
}

/* Calls the function that this one stands for with all arguments. It may yield. */
static int pass_on(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, return_all);
    return return_all(L, LUA_OK, 0);
}

/* ([path, ...]) */
static int load_file(lua_State *L) {
    struct core *core = session_core(L);
    if (lua_type(L, 1) == LUA_TSTRING && core != NULL) {
        check(L, reads_note(core, read_module, NULL, lua_tostring(L, 1)));
    }
    return pass_on(L);
}

/* ([path, ...]) */
static int read_from(lua_State *L) {
    struct core *core = session_core(L);
    if (lua_type(L, 1) == LUA_TSTRING && core != NULL) {
        check(L, reads_note_opened(core, read_file, lua_tostring(L, 1)));
    }
    return pass_on(L);
}

/* (path [, mode]) */
static int open_file(lua_State *L) {
    const char *path = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    const char *mode = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "r";
    struct core *core = session_core(L);
    if (path != NULL && core != NULL) {
        const bool reads = mode[0] == 'r' && strchr(mode, '+') == NULL;
        check(L, reads ? reads_note_opened(core, read_file, path) : reads_exclude(core, path));
    }
    return pass_on(L);
}

/* (name) -> value */
static int read_variable_of(lua_State *L) {
    struct core *core = session_core(L);
    if (lua_type(L, 1) == LUA_TSTRING && core != NULL) {
        check(L, reads_note_variable(core, lua_tostring(L, 1)));
    }
    return pass_on(L);
}

/* Notes the files in which package.FIELD looks for the module before it comes to `found`: none of
 * them exists, and one that does later would be loaded in its place. */
static bool note_before(lua_State *L, struct core *core, const char *field, const char *module,
                        const char *found) {
    bool is_found = false;
    const int top = lua_gettop(L);
    lua_getglobal(L, "package");
    if (!lua_istable(L, -1) || lua_getfield(L, -1, field) != LUA_TSTRING) {
        lua_settop(L, top);
        return false;
    }
    luaL_gsub(L, module, ".", LUA_DIRSEP);
    const char *templates = luaL_gsub(L, lua_tostring(L, top + 2), "?", lua_tostring(L, -1));
    while (*templates != '\0' && !is_found) {
        const size_t length = strcspn(templates, ";");
        const char *path = lua_pushlstring(L, templates, length);
        is_found = strcmp(path, found) == 0;
        if (!is_found && length > 0) {
            check(L, reads_note(core, read_module, NULL, path));
        }
        lua_pop(L, 1);
        templates += length + (templates[length] == ';');
    }
    lua_settop(L, top);
    return is_found;
}

/* (name) -> loader, path; or why there is none */
static int search(lua_State *L) {
    char module[200] = "";
    if (lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) < sizeof module) {
        strcpy(module, lua_tostring(L, 1));
    }
    pass_on(L);
    struct core *core = session_core(L);
    if (lua_isfunction(L, 1) && lua_type(L, 2) == LUA_TSTRING && core != NULL) {
        const char *found = lua_tostring(L, 2);
        luaL_checkstack(L, 8, NULL);
        if (module[0] != '\0' && !note_before(L, core, "path", module, found)) {
            note_before(L, core, "cpath", module, found);
        }
        check(L, reads_note(core, read_module, NULL, found));
    }
    return lua_gettop(L);
}

/* Puts the function in the place of the field `name` of the table on top, if that is a function. */
static void stand_before(lua_State *L, const char *name, lua_CFunction function) {
    if (lua_getfield(L, -1, name) == LUA_TFUNCTION) {
        lua_pushcclosure(L, function, 1);
        lua_setfield(L, -2, name);
    } else {
        lua_pop(L, 1);
    }
}

/* The first searcher only looks into package.preload. */
static void watch_searchers(lua_State *L) {
    if (lua_getglobal(L, "package") == LUA_TTABLE &&
        lua_getfield(L, -1, "searchers") == LUA_TTABLE) {
        const lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
        for (lua_Integer i = 2; i <= n; i++) {
            lua_rawgeti(L, -1, i);
            lua_pushcclosure(L, search, 1);
            lua_rawseti(L, -2, i);
        }
    }
}

void sources_watch(lua_State *L) {
    const int top = lua_gettop(L);
    struct session *session = session_of(L);
    if (session->is_watched) {
        return;
    }
    session->is_watched = true;
    luaL_checkstack(L, 8, NULL);
    if (session->settings->script != NULL) {
        check(L, reads_note(session->core, read_script, NULL, session->settings->script));
    }
    watch_searchers(L);
    lua_pushglobaltable(L);
    stand_before(L, "loadfile", load_file);
    stand_before(L, "dofile", load_file);
    if (lua_getglobal(L, "io") == LUA_TTABLE) {
        stand_before(L, "open", open_file);
        stand_before(L, "lines", read_from);
        stand_before(L, "input", read_from);
    }
    if (lua_getglobal(L, "os") == LUA_TTABLE) {
        stand_before(L, "getenv", read_variable_of);
    }
    lua_settop(L, top);
}
