/* Lua values as parameters take them. */
#ifndef LUA_VALUE_H
#define LUA_VALUE_H

#include <lua.h>

#include "plugin/value.h"

/* The value at the index as parameters take it. What had to be made for it lies on the stack, so
 * the value lasts until the caller pops. */
void value_read(lua_State *L, int index, struct value *value);

#endif
