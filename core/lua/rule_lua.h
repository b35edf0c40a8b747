/* SPDX-License-Identifier: MIT */
/* synrl.rule { step = function(self, env) ... end }: a rule whose iteration is a Lua function. */
#ifndef LUA_RULE_LUA_H
#define LUA_RULE_LUA_H

#include <lua.h>

/* ({name, source, summary, reads, parameters, state, metrics, create, step}) -> rule */
int rule_lua(lua_State *L);

#endif
