/* SPDX-License-Identifier: MIT */
/* The result of a run, and networks that were loaded. */
#ifndef LUA_RESULT_H
#define LUA_RESULT_H

#include "lua/box.h"
#include "lua/evaluation.h"
#include "train/metrics.h"

/* The user values of its box: the fields `summary`, `policy` and `history`; the last at first as
 * what history_push_table makes it of. */
enum { RESULT_SUMMARY = 1, RESULT_POLICY, RESULT_HISTORY, RESULT_USER_VALUES = RESULT_HISTORY };
_Static_assert((int)RESULT_USER_VALUES <= (int)BOX_USER_VALUES, "a box has too few");
/* Sets the metatable of a summary, the table on top of the stack: its optional fields, and the
 * metrics, may be missing; any other is a mistake. */
void result_guard_summary(lua_State *L, const struct metric_names *own);
/* Pushes an empty box, for the caller to fill. */
struct trained_network *result_push(lua_State *L);
/* The result in the box at the index, or NULL if it is not a result. */
struct trained_network *result_at(lua_State *L, int index);
/* The weights of the value at the index: of a result, or of the path of a file or a run, which is
 * then pushed as a result. `who` begins the message where it is neither. */
const struct tensors *weights_read(lua_State *L, int index, const char *who);
/* If the value at the index is the result of a run, pushes its summary. */
bool result_push_summary(lua_State *L, int index);
extern const struct type result_type;

#endif
