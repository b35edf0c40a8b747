/* Data sets as Lua objects. */
#ifndef LUA_DATASET_H
#define LUA_DATASET_H

#include "lua/box.h"
#include "train/dataset.h"

/* What the box at the index holds, or NULL where it is none of this kind. */
struct dataset *dataset_at(lua_State *L, int index);
/* The same, but throws where it is none. */
struct dataset *dataset_read(lua_State *L, int index, const char *who);
extern const struct type dataset_type;
extern const luaL_Reg dataset_functions[];

#endif
