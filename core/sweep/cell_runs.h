/* SPDX-License-Identifier: MIT */
/* The runs that processes of cells have left. */
#ifndef CELL_RUNS_H
#define CELL_RUNS_H

#include "base/core.h"

/* The folder of a run by which the newest call for that cell can be resumed, freed by core_free;
 * NULL where there is none: nothing was recorded, or a run of it failed, or *is_running: a process
 * is still at it. Unreadable runs are skipped. */
synrl_status cell_runs_find(struct core *core, const char *runs, const char *hash, char **folder,
                            bool *is_running);

#endif
