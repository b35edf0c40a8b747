/* SPDX-License-Identifier: MIT */
/* The index of recorded runs: RUNS/synrl.db, an SQLite database with one row per run folder.
 *
 * It is a cache. The folders are authoritative: a database that is missing or damaged is rebuilt
 * from them, and where none can be written or locked, or another process keeps it locked for
 * seconds, one in memory replaces it. Several processes may use one at the same time. */
#ifndef INDEX_H
#define INDEX_H

#include <jansson.h>

#include "base/core.h"

#define INDEX_FILE "synrl.db"

struct index;

/* Opens RUNS/synrl.db; from_scratch: rebuilds it in any case. Logs a warning where it was damaged
 * or cannot be written. Its rows are as old as the last index_refresh. */
synrl_status index_open(struct core *core, const char *runs, bool from_scratch,
                        struct index **made);
void index_close(struct index *index); /* NULL is allowed */
/* Whether it is in its file: false where one in memory replaces it. */
bool index_is_kept(const struct index *index);

/* Updates the rows from the folders, in one transaction. A folder that is not a run is counted, and
 * named in a warning. */
struct index_report {
    size_t n_runs;    /* now in the index */
    size_t n_read;    /* of these, new or changed */
    size_t n_removed; /* rows whose folder is gone */
    size_t n_broken;  /* folders without a readable run.json */
};
synrl_status index_refresh(struct index *index, struct index_report *report);

struct index_where {
    const char *path;  /* into the config: rule.parameters.epsilon, model.parameters.layers.0 */
    const char *value; /* as text: a number, true, false, null, a string */
};
/* NULL or 0: no condition. */
struct index_query {
    const char *status; /* the present one, of run_status_name */
    const char *name;   /* a pattern with * ? [...] */
    size_t n_where;
    const struct index_where *where; /* all of them */
    const char *sort;                /* an index_column; without it the newest come last */
    bool reverse;
    uint64_t limit; /* the newest `limit`, or with `sort` the first */
    bool with_config;
};
/* A list of objects with the columns as members, null where a run does not have the value. What a
 * run that has not ended has reached is read from its metrics.csv. */
synrl_status index_select(struct index *index, const struct index_query *query, json_t **rows);

/* The columns by which a query may be sorted, one by one; NULL past the last. */
const char *index_column(size_t c);

#endif
