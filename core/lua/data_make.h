/* SPDX-License-Identifier: MIT */
/* synrl.data: a data set of values that a script gives. */
#ifndef LUA_DATA_MAKE_H
#define LUA_DATA_MAKE_H

#include <lauxlib.h>

extern const luaL_Reg data_make_functions[];

#endif
