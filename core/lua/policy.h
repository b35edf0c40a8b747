/* SPDX-License-Identifier: MIT */
/* Policies as Lua objects. */
#ifndef LUA_POLICY_H
#define LUA_POLICY_H

#include "lua/box.h"
#include "synrl/policy.h"

/* Pushes an empty box, for the caller to fill. */
const synrl_policy **policy_push(lua_State *L);
/* The policy in the box at the index, or NULL if it is not a policy. */
const synrl_policy *policy_at(lua_State *L, int index);
extern const struct type policy_type;
extern const luaL_Reg policy_functions[];

#endif
