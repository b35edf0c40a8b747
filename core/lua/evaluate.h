/* SPDX-License-Identifier: MIT */
/* synrl.evaluate. */
#ifndef LUA_EVALUATE_H
#define LUA_EVALUATE_H

#include <lauxlib.h>

extern const luaL_Reg evaluate_functions[];

#endif
