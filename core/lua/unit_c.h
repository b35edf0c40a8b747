/* SPDX-License-Identifier: MIT */
/* synrl.activation.c and synrl.loss.c: what workers compute, written in C within the script. */
#ifndef LUA_UNIT_C_H
#define LUA_UNIT_C_H

#include <lua.h>

/* ({name, source, summary, parameters, functions, apply, derivative}) -> activation */
int activation_c(lua_State *L);
/* ({name, source, summary, parameters, functions, targets, terms, finish, gradient}) -> loss */
int loss_c(lua_State *L);

#endif
