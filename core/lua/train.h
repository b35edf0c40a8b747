/* SPDX-License-Identifier: MIT */
/* synrl.train. */
#ifndef LUA_TRAIN_H
#define LUA_TRAIN_H

#include "lua/box.h"

extern const luaL_Reg train_functions[];
extern const struct type run_type; /* scripts never see it */

#endif
