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
/* The same of a plugin; index 0: no parameters. */
struct component *component_make_of(lua_State *L, const struct plugin *plugin, int parameters);
/* (component [, parameters]) -> another of the same plugin. */
int component_call(lua_State *L);

extern const luaL_Reg make_functions[];

#endif
