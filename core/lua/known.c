/* SPDX-License-Identifier: MIT */
/* Fields that a table may have, whether it has them now or not. */
#include "lua/known.h"

#include <lauxlib.h>

#include "base/suggest.h"

enum { NAMES_MAX = 64 };

int known_fail(lua_State *L, const char *who, const char *name, int n, const int *tables) {
    const char *names[NAMES_MAX];
    char suggestion[SUGGESTION_SIZE];
    size_t n_names = 0;
    luaL_checkstack(L, 4, NULL);
    for (int t = 0; t < n; t++) {
        for (lua_pushnil(L); lua_next(L, tables[t]) != 0; lua_pop(L, 1)) {
            if (lua_type(L, -2) == LUA_TSTRING && n_names < NAMES_MAX) {
                names[n_names++] = lua_tostring(L, -2); /* the table keeps it */
            }
        }
    }
    suggest_text(name, n_names, names, suggestion);
    return luaL_error(L, "%s has no field \"%s\"%s", who, name, suggestion);
}

/* (table, name); upvalues: who, and a table whose keys are the names that may be missing. */
static int index_known(lua_State *L) {
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING || lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushvalue(L, lua_upvalueindex(2));
    const int tables[] = {1, lua_gettop(L)};
    return known_fail(L, lua_tostring(L, lua_upvalueindex(1)), lua_tostring(L, 2), 2, tables);
}

void known_set(lua_State *L, const char *who, size_t n, const char *const *names) {
    luaL_checkstack(L, 5, NULL);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, who);
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, names[i]);
    }
    lua_pushcclosure(L, index_known, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}
