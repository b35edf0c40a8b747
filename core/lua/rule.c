/* SPDX-License-Identifier: MIT */
/* synrl.rule: a table that can be called, since it has functions of its own. */
#include "lua/rule.h"

#include <lauxlib.h>

#include "lua/component.h"
#include "lua/make.h"
#include "lua/rule_c.h"
#include "lua/rule_lua.h"

/* (synrl.rule, ...) -> a rule of Lua functions where a table is given, else what the function,
 * upvalue 1, makes of the rest. */
static int call(lua_State *L) {
    if (lua_istable(L, 2)) {
        lua_remove(L, 1);
        return rule_lua(L);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_replace(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

void rule_open(lua_State *L) {
    luaL_checkstack(L, 6, NULL);
    lua_newtable(L);
    lua_pushcfunction(L, rule_c);
    lua_setfield(L, -2, "c");
    lua_newtable(L);
    lua_getfield(L, -3, "rule");
    lua_pushcclosure(L, call, 1);
    lua_setfield(L, -2, "__call");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "rule");

    luaL_getmetatable(L, component_type.name);
    lua_pushcfunction(L, component_call);
    lua_setfield(L, -2, "__call");
    lua_pop(L, 1);
}
