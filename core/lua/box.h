/* Every object is a box: a full userdata that is pushed empty, with its metatable, and filled
 * afterwards, so whatever fails, the collector frees what was made. What boxes hold counts
 * references; no box keeps another alive. */
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
};
void type_register(lua_State *L, const struct type *type);

enum { BOX_USER_VALUES = 3 };
/* A zeroed box with the type's metatable and BOX_USER_VALUES user values, on top of the stack. */
void *box_push(lua_State *L, const struct type *type, size_t size);

/* What stands at the index, for messages: "a string", "the rule \"static\"". Pushes it. For a box,
 * what the function "__describe" of its metatable answers. */
const char *describe(lua_State *L, int index);

#endif
