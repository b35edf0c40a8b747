/* SPDX-License-Identifier: MIT */
/* Joins a core with those of other processes, by a plugin of kind `comm`. */
#ifndef COMM_H
#define COMM_H

#include "base/ranks.h"

/* From now on core->ranks is this rank of those that the plugin of this id finds. */
synrl_status comm_start(struct core *core, const char *id);
/* Leaves them. The others must do so too. */
void comm_end(struct core *core);

/* For the end of a program: waits at most so many seconds for all ranks to come here, each with its
 * exit code. False: some have not, and will not. Else codes [core->ranks.n]. */
bool comm_meet(struct core *core, double seconds, int code, int *codes);
/* Ends all ranks at once; does not return. */
void comm_abort(struct core *core, int code);

#endif
