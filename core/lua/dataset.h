/* SPDX-License-Identifier: MIT */
/* Data sets as Lua objects. */
#ifndef LUA_DATASET_H
#define LUA_DATASET_H

#include "lua/box.h"
#include "train/dataset.h"

/* The data set in the box at the index, or NULL if it is not a data set. */
struct dataset *dataset_at(lua_State *L, int index);
/* The same, but throws if it is not a data set. */
struct dataset *dataset_read(lua_State *L, int index, const char *who);
extern const struct type dataset_type;
extern const luaL_Reg dataset_functions[];

/* Pushes an empty box, for the caller to fill. */
struct dataset **dataset_push(lua_State *L);

#endif
