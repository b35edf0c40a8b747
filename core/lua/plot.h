/* SPDX-License-Identifier: MIT */
/* synrl.plot. */
#ifndef LUA_PLOT_H
#define LUA_PLOT_H

#include <lauxlib.h>

extern const luaL_Reg plot_functions[];

#endif
