/* SPDX-License-Identifier: MIT */
/* synrl.sweep. */
#ifndef LUA_SWEEP_H
#define LUA_SWEEP_H

#include "lua/box.h"

extern const luaL_Reg sweep_functions[];
extern const struct type kept_json_type; /* scripts never see it */

#endif
