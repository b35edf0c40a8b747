/* SPDX-License-Identifier: MIT */
/* Schedules as Lua objects, and Lua functions as schedules. */
#ifndef LUA_SCHEDULE_H
#define LUA_SCHEDULE_H

#include "lua/box.h"
#include "plugin/schedule.h"

/* Pushes an empty box, for the caller to fill. */
struct schedule **schedule_push(lua_State *L);
/* The schedule in the box at the index, or NULL if it is not a schedule. */
struct schedule *schedule_at(lua_State *L, int index);
/* Pushes a schedule that calls the Lua function at the index. */
struct schedule **schedule_from_function(lua_State *L, int index);
extern const struct type schedule_type;
extern const luaL_Reg schedule_functions[];

#endif
