/* SPDX-License-Identifier: MIT */
/* Methods of data sets that make others of them. */
#ifndef LUA_DATA_DERIVE_H
#define LUA_DATA_DERIVE_H

#include <lauxlib.h>

extern const luaL_Reg data_derive_methods[];

#endif
