/* SPDX-License-Identifier: MIT */
/* Components from a script's values. */
#ifndef LUA_MAKE_H
#define LUA_MAKE_H

#include <lauxlib.h>

#include "plugin/component.h"

/* The component of this kind at the index, or for an id a new one with its defaults, in a box that
 * is pushed; throws for anything else. */
struct component *component_read(lua_State *L, int index, synrl_kind kind, const char *who);
/* Pushes a new component with the parameters in the table at the index (nil: none). */
struct component *component_make(lua_State *L, synrl_kind kind, const char *id, int parameters);

extern const luaL_Reg make_functions[];

#endif
