/* SPDX-License-Identifier: MIT */
/* When a script stops a run. */
#ifndef LUA_STOP_H
#define LUA_STOP_H

#include "lua/decide.h"

/* Reads the field `stop`, on top of the stack: a function, or a table of targets. */
void decider_read_stop(lua_State *L, struct decider *decider, bool has_valid);

#endif
