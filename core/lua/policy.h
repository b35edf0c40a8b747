/* Policies as Lua objects. */
#ifndef LUA_POLICY_H
#define LUA_POLICY_H

#include "lua/box.h"
#include "synrl/policy.h"

/* An empty box, to be filled. */
const synrl_policy **policy_push(lua_State *L);
/* What the box at the index holds, or NULL where it is none of this kind. */
const synrl_policy *policy_at(lua_State *L, int index);
extern const struct type policy_type;
extern const luaL_Reg policy_functions[];

#endif
