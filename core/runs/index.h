/* The index of recorded runs: RUNS/synrl.db, an SQLite data base with a row a run folder.
 *
 * It is a cache. The folders alone count: a data base that is missing or damaged is made anew from
 * them, and where none can be written, one in memory stands in for it. Several processes may use
 * one at the same time. */
#ifndef INDEX_H
#define INDEX_H

#include <jansson.h>

#include "base/core.h"

#define INDEX_FILE "synrl.db"

struct index;

/* Opens RUNS/synrl.db; `anew`: rebuilds it from nothing. Warns through the core's log where it was
 * damaged or cannot be written. Its rows are as old as the last index_refresh. */
synrl_status index_open(struct core *core, const char *runs, bool anew, struct index **made);
void index_close(struct index *index); /* NULL is allowed */

/* Brings the rows up to date with the folders, in one transaction. A folder that is no run is
 * counted, and named by a warning. */
struct index_report {
    size_t n_runs;    /* now in the index */
    size_t n_read;    /* of these, new or changed */
    size_t n_removed; /* rows whose folder is gone */
    size_t n_broken;  /* folders without a run.json that can be read */
};
synrl_status index_refresh(struct index *index, struct index_report *report);

struct index_where {
    const char *path;  /* into the config: rule.parameters.epsilon, model.parameters.layers.0 */
    const char *value; /* as text: a number, true, false, null, a string */
};
/* NULL or 0: not asked for. */
struct index_query {
    const char *status; /* as it is, of run_statuses */
    const char *name;   /* a pattern with * ? [...] */
    size_t n_where;
    const struct index_where *where; /* all of them */
    const char *sort;                /* a column of index_columns; else the newest come last */
    bool reverse;
    uint64_t limit; /* the newest so many, or with `sort` the first */
    bool with_config;
};
/* A list of objects with the columns as members, null where a run has no such value. */
synrl_status index_select(struct index *index, const struct index_query *query, json_t **rows);

/* The columns that a query may be sorted by. */
enum { N_INDEX_COLUMNS = 18 };
const char *const *index_columns(void);

#endif
