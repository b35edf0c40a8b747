/* SPDX-License-Identifier: MIT */
/* Functions of the module as tables that can be called, since they have functions of their own. */
#include "lua/in_script.h"

#include <lauxlib.h>

#include "lua/component.h"
#include "lua/make.h"
#include "lua/rule_c.h"
#include "lua/rule_lua.h"
#include "lua/session.h"
#include "lua/unit_c.h"

/* (synrl.rule, ...) -> a rule of Lua functions where a table is given, else what the function,
 * upvalue 1, makes of the rest. */
static int call_rule(lua_State *L) {
    if (lua_istable(L, 2)) {
        lua_remove(L, 1);
        return rule_lua(L);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_replace(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* (synrl.loss, ...): workers compute it, and Lua has one thread. */
static int call_unit(lua_State *L) {
    if (lua_istable(L, 2)) {
        const char *name = lua_tostring(L, lua_upvalueindex(2));
        session_fail(L,
                     "synrl.%s: it is computed by several threads, and Lua has one: write it in "
                     "C, by synrl.%s.c",
                     name, name);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_replace(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static void open_one(lua_State *L, const char *name, lua_CFunction in_c, lua_CFunction call) {
    lua_newtable(L);
    lua_pushcfunction(L, in_c);
    lua_setfield(L, -2, "c");
    lua_newtable(L);
    lua_getfield(L, -3, name);
    lua_pushstring(L, name);
    lua_pushcclosure(L, call, 2);
    lua_setfield(L, -2, "__call");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, name);
}

void in_script_open(lua_State *L) {
    luaL_checkstack(L, 6, NULL);
    open_one(L, "rule", rule_c, call_rule);
    open_one(L, "activation", activation_c, call_unit);
    open_one(L, "loss", loss_c, call_unit);
    luaL_getmetatable(L, component_type.name);
    lua_pushcfunction(L, component_call);
    lua_setfield(L, -2, "__call");
    lua_pop(L, 1);
}
