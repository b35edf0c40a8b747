/* SPDX-License-Identifier: MIT */
/* Boxes: their common metatables, and descriptions of values. */
#include "lua/box.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "lua/known.h"

/* (object, name); upvalues: the tables of properties and of methods. */
static int index_box(lua_State *L) {
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TFUNCTION) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        return 1;
    }
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNIL && lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, lua_upvalueindex(2));
        const int tables[] = {lua_gettop(L) - 1, lua_gettop(L)};
        return known_fail(L, describe(L, 1), lua_tostring(L, 2), 2, tables);
    }
    return 1;
}

/* Sets __index of the metatable on top of the stack. */
static void set_index(lua_State *L, const struct type *type) {
    static const luaL_Reg none[] = {{NULL, NULL}};
    lua_newtable(L);
    luaL_setfuncs(L, type->properties != NULL ? type->properties : none, 0);
    lua_newtable(L);
    luaL_setfuncs(L, type->methods != NULL ? type->methods : none, 0);
    lua_pushcclosure(L, index_box, 2);
    lua_setfield(L, -2, "__index");
}

void type_register(lua_State *L, const struct type *type) {
    luaL_newmetatable(L, type->name);
    if (type->meta != NULL) {
        luaL_setfuncs(L, type->meta, 0);
    }
    if (type->methods != NULL || type->properties != NULL) {
        set_index(L, type);
    }
    lua_pushcfunction(L, type->free);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, type->free);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, "locked"); /* scripts may not reach __gc and call it */
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void type_add_methods(lua_State *L, const struct type *type, const luaL_Reg *methods) {
    luaL_getmetatable(L, type->name);
    lua_getfield(L, -1, "__index");
    lua_getupvalue(L, -1, 2); /* the table of methods: see set_index */
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 3);
}

void *box_push(lua_State *L, const struct type *type, size_t size) {
    luaL_checkstack(L, 4, NULL);
    void *box = memset(lua_newuserdatauv(L, size, BOX_USER_VALUES), 0, size);
    luaL_setmetatable(L, type->name);
    return box;
}

/* By its type's __describe, if it has one. */
static const char *describe_box(lua_State *L, int index) {
    index = lua_absindex(L, index);
    if (luaL_getmetafield(L, index, "__describe") != LUA_TNIL && lua_iscfunction(L, -1)) {
        lua_pushvalue(L, index);
        lua_call(L, 1, 1);
        return lua_tostring(L, -1);
    }
    if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
        return lua_pushfstring(L, "a %s", lua_tostring(L, -1));
    }
    return lua_pushliteral(L, "a userdata");
}

const char *describe(lua_State *L, int index) {
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TNONE:
        return lua_pushliteral(L, "nothing");
    case LUA_TSTRING:
        return lua_pushfstring(L, "the string \"%s\"", lua_tostring(L, index));
    case LUA_TNUMBER:
        if (isnan(lua_tonumber(L, index))) {
            return lua_pushliteral(L, "NaN"); /* printf would add a sign */
        }
        lua_pushvalue(L, index);
        lua_tostring(L, -1);
        return lua_tostring(L, -1);
    case LUA_TBOOLEAN:
        return lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
    case LUA_TUSERDATA:
        return describe_box(L, index);
    default:
        return lua_pushfstring(L, "a %s", luaL_typename(L, index));
    }
}
