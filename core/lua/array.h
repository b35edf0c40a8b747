/* SPDX-License-Identifier: MIT */
/* Arrays of numbers with arithmetic, for what a script computes per synapse. They never change:
 * every operation makes a new one, so two names of one array are no trap. */
#ifndef LUA_ARRAY_H
#define LUA_ARRAY_H

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

struct array {
    size_t n;
    double x[];
};

enum { ARRAY_MOST = 1 << 27 };

void array_register(lua_State *L);
/* Pushes an array of n <= ARRAY_MOST numbers, for the caller to fill; throws where there is no
 * memory. */
struct array *array_push(lua_State *L, size_t n);
struct array *array_at(lua_State *L, int index); /* NULL: not an array */
/* The array of n numbers at the index; throws, with `who` in front. */
struct array *array_check(lua_State *L, int index, size_t n, const char *who);

extern const luaL_Reg array_functions[];

#endif
