/* SPDX-License-Identifier: MIT */
/* The files of a sweep's cells: kept results, and what their processes write. */
#ifndef SWEEP_RESULTS_H
#define SWEEP_RESULTS_H

#include <dirent.h>

#include "sweep/sweep_private.h"

/* CELLS/HASH.SUFFIX; freed by core_free; NULL: no memory. */
char *sweep_cell_path(const struct sweep *sweep, const struct cell *cell, const char *suffix);

/* *result is NULL where none is kept. */
synrl_status sweep_result_of(const struct sweep *sweep, const struct cell *cell, json_t **result);
/* Whether it is stale, and why. `names`, sorted, are those of all kept results, or NULL. */
synrl_status sweep_check_kept(struct sweep *sweep, struct cell *cell, size_t n_names,
                              struct dirent *const *names);
/* Keeps what the process of the cell has written; *is_kept is false, and the reason is in the
 * cell's error, where that is not a result. */
synrl_status sweep_keep_result(const struct sweep *sweep, struct cell *cell, bool *is_kept);
/* Shows the first result there is. */
synrl_status sweep_show_first(struct sweep *sweep, const struct cell *cell);

/* Sets sweep->files to those of the cell. */
synrl_status sweep_name_files(struct sweep *sweep, const struct cell *cell);
void sweep_free_files(struct sweep *sweep);
/* Removes what the process of the cell has written. */
void sweep_remove_files(const struct sweep *sweep);

#endif
