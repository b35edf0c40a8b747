/* Components from a script's words. */
#ifndef LUA_MAKE_H
#define LUA_MAKE_H

#include <lauxlib.h>

#include "plugin/component.h"

/* A component of this kind, or the id of one, which is then made with its defaults in a box that is
 * pushed; throws where it is neither. */
struct component *component_read(lua_State *L, int index, synrl_kind kind, const char *who);
/* The component with the parameters in the table at the index (nil: none), in a box on top. */
struct component *component_make(lua_State *L, synrl_kind kind, const char *id, int parameters);

extern const luaL_Reg make_functions[];

#endif
