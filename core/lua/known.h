/* SPDX-License-Identifier: MIT */
/* Reading a field that cannot be there is a mistake of the script, not nil. */
#ifndef LUA_KNOWN_H
#define LUA_KNOWN_H

#include <lua.h>

/* Throws WHO has no field "NAME", with the nearest of the string keys of the tables at the n
 * indices. */
int known_fail(lua_State *L, const char *who, const char *name, int n, const int *tables);
/* Gives the table on top of the stack a metatable in which reading a field that it lacks throws,
 * unless the field is one of the n names. */
void known_set(lua_State *L, const char *who, size_t n, const char *const *names);

#endif
