/* SPDX-License-Identifier: MIT */
/* synrl.activation { ... } and synrl.loss { ... }: activations and losses of Lua functions. */
#ifndef LUA_UNIT_LUA_H
#define LUA_UNIT_LUA_H

#include <lua.h>

/* (table) -> component */
int activation_lua(lua_State *L);
int loss_lua(lua_State *L);

#endif
