/* SPDX-License-Identifier: MIT */
/* The metrics of a run, row by row, as the field `history` of its result. They are read from the
 * run's metrics.csv when they are asked for; of a run that is not recorded they are kept. */
#ifndef LUA_HISTORY_H
#define LUA_HISTORY_H

#include "lua/box.h"
#include "train/trainer.h"

struct history;
/* Pushes an empty box. */
struct history *history_push(lua_State *L);
/* Keeps each record; `names` are those of the run, which must outlive it. */
struct observer history_observer(struct history *history, const struct metric_names *names);
/* Replaces the value on top of the stack, such a box or the folder of a run, by the table of its
 * columns: one list per metric, without those that are never known. is_read: later runs depend on
 * the file. */
void history_push_table(lua_State *L, bool is_read);
extern const struct type history_type; /* scripts never see it */

#endif
