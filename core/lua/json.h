/* SPDX-License-Identifier: MIT */
/* Lua values as JSON, and back. */
#ifndef LUA_JSON_H
#define LUA_JSON_H

#include <jansson.h>
#include <lua.h>
#include <stddef.h>

/* A Lua value as JSON: lists as arrays, tables as objects, results of runs as their summaries, NaN
 * and infinities as null. NULL where a value cannot be expressed in JSON, with the reason in
 * `problem`. */
json_t *json_from_lua(lua_State *L, int index, char *problem, size_t problem_size);
/* Pushes JSON as a Lua value. Throws where there is no memory, or it is nested deeper than Lua's
 * stack. */
void json_to_lua(lua_State *L, const json_t *value);

#endif
