/* synrl.options. */
#ifndef LUA_OPTIONS_H
#define LUA_OPTIONS_H

#include <lauxlib.h>

/* Throws where the user gave options and the script has not taken them, or wants to see options
 * and the script has shown none: called before a script does real work. */
void options_require_taken(lua_State *L);

extern const luaL_Reg options_functions[];

#endif
