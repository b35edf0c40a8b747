/* SPDX-License-Identifier: MIT */
/* synrl.rule: a function, and what makes rules within the script. */
#ifndef LUA_RULE_H
#define LUA_RULE_H

#include <lua.h>

/* Puts a table that can be called in the place of the function `rule` of the module on top of the
 * stack, and lets components be called. */
void rule_open(lua_State *L);

#endif
