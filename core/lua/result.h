/* SPDX-License-Identifier: MIT */
/* The result of a run. */
#ifndef LUA_RESULT_H
#define LUA_RESULT_H

#include "lua/box.h"
#include "lua/evaluation.h"

/* The user values of its box: the fields `summary` and `policy`, and the list of tensors. */
enum { RESULT_SUMMARY = 1, RESULT_POLICY, RESULT_TENSORS, RESULT_USER_VALUES = RESULT_TENSORS };
_Static_assert((int)RESULT_USER_VALUES <= (int)BOX_USER_VALUES, "a box has too few");
/* Pushes an empty box, for the caller to fill. */
struct trained_network *result_push(lua_State *L);
/* The result in the box at the index, or NULL if it is not a result. */
struct trained_network *result_at(lua_State *L, int index);
/* If the value at the index is the result of a run, pushes its summary. */
bool result_push_summary(lua_State *L, int index);
extern const struct type result_type;

#endif
