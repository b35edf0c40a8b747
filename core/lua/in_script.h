/* SPDX-License-Identifier: MIT */
/* synrl.rule, synrl.activation, synrl.loss: functions, and what makes plugins within the script. */
#ifndef LUA_IN_SCRIPT_H
#define LUA_IN_SCRIPT_H

#include <lua.h>

/* Puts tables that can be called in the place of these functions of the module on top of the stack,
 * and lets components be called. */
void in_script_open(lua_State *L);

#endif
