/* SPDX-License-Identifier: MIT */
/* synrl.load. */
#ifndef LUA_LOAD_H
#define LUA_LOAD_H

#include "lua/box.h"

extern const struct type trained_type; /* scripts never see it */
extern const luaL_Reg load_functions[];

#endif
