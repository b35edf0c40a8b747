/* SPDX-License-Identifier: MIT */
/* The file that a recorded sweep leaves next to its runs: RUNS/sweep-HASH.json, the results of
 * sweep_run with the hash of each cell. */
#ifndef SWEEP_RECORD_H
#define SWEEP_RECORD_H

#include <jansson.h>

#include "base/core.h"

/* RUNS/sweep-HASH for cells of which each has a "hash"; freed by core_free; NULL: no memory. */
char *sweep_record_base(struct core *core, const char *runs, const json_t *cells);

/* Writes it, under the hash of the cells' hashes, and adds its path to the results as "file". */
synrl_status sweep_record_write(struct core *core, const char *runs, json_t *results);

/* The folders of the runs of a sweep's cells that ended; of a cell that ran more than once, the
 * newest. A list of strings, the caller's reference. */
synrl_status sweep_record_runs(struct core *core, const char *path, json_t **folders);

#endif
