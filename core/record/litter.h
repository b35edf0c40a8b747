/* SPDX-License-Identifier: MIT */
/* What processes that died while they recorded have left, and nobody will go on with. */
#ifndef LITTER_H
#define LITTER_H

#include "base/core.h"

/* Removes the drafts of the recorder's files in a run's folder, which this process has locked. */
void litter_clear_run(struct core *core, const char *folder);
/* Removes the hidden folders in which a run was begun and never got its name. Those that a process
 * holds, or one of another machine may hold, stay. */
void litter_clear_runs(struct core *core, const char *runs);

/* Removes the drafts in a folder of this machine's dead processes. */
void litter_clear_drafts(const char *folder);

#endif
