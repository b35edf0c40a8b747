/* The file that a recorded sweep leaves beside its runs: RUNS/sweep-HASH.json, what sweep_run
 * answers, with the hash of each cell. */
#ifndef SWEEP_RECORD_H
#define SWEEP_RECORD_H

#include <jansson.h>

#include "base/core.h"

/* Writes it, under the hash of the cells' hashes, and puts its path into the results as "file". */
synrl_status sweep_record_write(struct core *core, const char *runs, json_t *results);

/* The folders of the runs that a sweep's cells came to an end with: of a cell that was run more
 * than once, the newest. A list of strings, the caller's reference. */
synrl_status sweep_record_runs(struct core *core, const char *path, json_t **folders);

#endif
