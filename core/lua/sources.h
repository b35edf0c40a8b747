/* SPDX-License-Identifier: MIT */
/* Notes (base/reads.h) what a script loads and reads: the script itself, modules by `require`,
 * files by `loadfile`, `dofile`, and those that it opens for reading with the io library. */
#ifndef LUA_SOURCES_H
#define LUA_SOURCES_H

#include <lua.h>

/* Once the libraries and the session are open: puts functions that note what they are called with
 * in the place of Lua's own, which they call. */
void sources_watch(lua_State *L);

#endif
