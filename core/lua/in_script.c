/* SPDX-License-Identifier: MIT */
/* Functions of the module as tables that can be called, since they have functions of their own. */
#include "lua/in_script.h"

#include <lauxlib.h>

#include "lua/component.h"
#include "lua/make.h"
#include "lua/rule_c.h"
#include "lua/rule_lua.h"
#include "lua/unit_c.h"
#include "lua/unit_lua.h"

/* (synrl.rule, ...) -> what upvalue 2 makes of a table of functions; of anything else, what the
 * function, upvalue 1, makes of it. */
static int call(lua_State *L) {
    if (lua_istable(L, 2)) {
        lua_remove(L, 1);
        return lua_tocfunction(L, lua_upvalueindex(2))(L);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_replace(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static void open_one(lua_State *L, const char *name, lua_CFunction in_c, lua_CFunction in_lua) {
    lua_newtable(L);
    lua_pushcfunction(L, in_c);
    lua_setfield(L, -2, "c");
    lua_newtable(L);
    lua_getfield(L, -3, name);
    lua_pushcfunction(L, in_lua);
    lua_pushcclosure(L, call, 2);
    lua_setfield(L, -2, "__call");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, name);
}

void in_script_open(lua_State *L) {
    luaL_checkstack(L, 6, NULL);
    open_one(L, "rule", rule_c, rule_lua);
    open_one(L, "activation", activation_c, activation_lua);
    open_one(L, "loss", loss_c, loss_lua);
    luaL_getmetatable(L, component_type.name);
    lua_pushcfunction(L, component_call);
    lua_setfield(L, -2, "__call");
    lua_pop(L, 1);
}
