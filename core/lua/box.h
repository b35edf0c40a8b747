/* SPDX-License-Identifier: MIT */
/* Every object is a box: a full userdata that is pushed empty, with its metatable, and filled
 * afterwards, so the collector frees its contents even after a failure. The contents are
 * reference-counted; no box keeps another alive. */
#ifndef LUA_BOX_H
#define LUA_BOX_H

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

struct type {
    const char *name;        /* of the metatable: "synrl.policy" */
    lua_CFunction free;      /* idempotent: both __gc and __close */
    const luaL_Reg *meta;    /* further metamethods, and "__describe": see describe; or NULL */
    const luaL_Reg *methods; /* or NULL */
    /* What reads like a field, object.NAME: functions of the object that return its value; or NULL.
     */
    const luaL_Reg *properties;
};
void type_register(lua_State *L, const struct type *type);
/* More methods for a registered type that has methods, and no properties. */
void type_add_methods(lua_State *L, const struct type *type, const luaL_Reg *methods);

enum { BOX_USER_VALUES = 3 };
/* A zeroed box with the type's metatable and BOX_USER_VALUES user values, on top of the stack. */
void *box_push(lua_State *L, const struct type *type, size_t size);

/* Pushes a description of the value at the index for messages: "a string", "the rule \"static\"".
 * For a box it is the result of its metatable's "__describe". */
const char *describe(lua_State *L, int index);

#endif
