/* SPDX-License-Identifier: MIT */
/* synrl.rule.c: a rule whose iteration is written in C within the script. */
#ifndef LUA_RULE_C_H
#define LUA_RULE_C_H

#include <lua.h>

/* ({name, source, summary, reads, parameters, state, metrics, functions, create, step}) -> rule */
int rule_c(lua_State *L);

#endif
