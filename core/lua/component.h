/* SPDX-License-Identifier: MIT */
/* Components as Lua objects. */
#ifndef LUA_COMPONENT_H
#define LUA_COMPONENT_H

#include "lua/box.h"
#include "plugin/component.h"

/* Pushes an empty box, for the caller to fill. */
struct component **component_push(lua_State *L);
/* The component in the box at the index, or NULL if it is not a component. */
struct component *component_at(lua_State *L, int index);
synrl_kind component_kind(const struct component *component);
extern const struct type component_type;

#endif
