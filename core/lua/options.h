/* SPDX-License-Identifier: MIT */
/* synrl.options. */
#ifndef LUA_OPTIONS_H
#define LUA_OPTIONS_H

#include <lauxlib.h>

/* Throws if the user gave options or asked for help and the script has not called synrl.options: to
 * be called before a script does real work. */
void options_require_taken(lua_State *L);

extern const luaL_Reg options_functions[];

#endif
