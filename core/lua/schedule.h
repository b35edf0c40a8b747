/* Schedules as Lua objects, and Lua functions as schedules. */
#ifndef LUA_SCHEDULE_H
#define LUA_SCHEDULE_H

#include "lua/box.h"
#include "plugin/schedule.h"

/* An empty box, to be filled. */
struct schedule **schedule_push(lua_State *L);
/* What the box at the index holds, or NULL where it is none of this kind. */
struct schedule *schedule_at(lua_State *L, int index);
/* A schedule that asks the Lua function at the index, in a box on top. */
struct schedule **schedule_from_function(lua_State *L, int index);
extern const struct type schedule_type;
extern const luaL_Reg schedule_functions[];

#endif
