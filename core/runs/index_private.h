/* SPDX-License-Identifier: MIT */
/* Shared by index.c, index_query.c and index_functions.c. */
#ifndef INDEX_PRIVATE_H
#define INDEX_PRIVATE_H

#include <sqlite3.h>

#include "runs/index.h"
#include "runs/runs.h"
#include "train/metrics.h"

struct index {
    struct core *core;
    char *runs, *path;
    sqlite3 *database;
    int lock;          /* the folder of runs, opened; -1 */
    bool is_kept;      /* in its file, not in memory */
    char tail_of[256]; /* the run whose last metrics were read last; "": none */
    struct metrics tail;
    const struct run_list *list; /* for is_there, during a refresh */
};

/* Fails with SQLite's reason for this code of a call that failed, such as "PATH: cannot WHAT it:
 * database or disk is full". */
synrl_status index_fail(const struct index *index, int code, const char *what);
/* Makes functions of SQL for the database: an error of SQLite, or SQLITE_OK. */
int index_add_functions(struct index *index);
synrl_status index_prepare(const struct index *index, const char *sql, sqlite3_stmt **statement);

#endif
