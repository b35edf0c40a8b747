/* SPDX-License-Identifier: MIT */
/* Tables of named values. */
#ifndef LUA_FIELDS_H
#define LUA_FIELDS_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Throws unless the value at the index is a table whose keys are all among the n names. `who`
 * begins the message. */
void keys_check(lua_State *L, int index, const char *who, size_t n, const char *const *names);
/* The table's keys in alphabetical order, in a userdata that is pushed; throws for a key that is
 * not a string. */
const char **keys_sorted(lua_State *L, int index, const char *who, size_t *n);
/* Pushes the field; false, with nothing pushed, where it is nil. */
bool field_push(lua_State *L, int table, const char *name);
/* Pops a number or integer that field_push pushed; throws, naming the range, if it is not one. */
double field_number(lua_State *L, const char *who, const char *name, double min, double max);
uint64_t field_integer(lua_State *L, const char *who, const char *name, int64_t min, int64_t max);
/* The same for the value at an index. */
uint64_t argument_integer(lua_State *L, int index, const char *who, int64_t min, int64_t max);

/* Sets a field of the table on top of the stack; a NaN is not set. */
void field_set_integer(lua_State *L, const char *name, uint64_t value);
void field_set_number(lua_State *L, const char *name, double value);
void field_set_string(lua_State *L, const char *name, const char *text);

/* Whether the keys of the table at the index are exactly 1 .. n. */
bool table_is_list(lua_State *L, int index, size_t *n);

/* Pushes the names at the index, a list of strings or integers, as an array of texts, after a table
 * that keeps them. Throws for anything else. */
const char **names_push(lua_State *L, int list, const char *who, size_t *n);

#endif
