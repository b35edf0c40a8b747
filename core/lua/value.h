/* SPDX-License-Identifier: MIT */
/* Lua values as values for parameters. */
#ifndef LUA_VALUE_H
#define LUA_VALUE_H

#include <lua.h>

#include "plugin/value.h"

/* The value at the index as a value for a parameter. Objects made for it are pushed, so it is valid
 * until the caller pops them. */
void value_read(lua_State *L, int index, struct value *value);

#endif
