/* Sweeps: one script, many configurations (cells), each a process of its own.
 *
 * What a cell returned is kept in RUNS/.cells/HASH.json; HASH is of all that decides it: the
 * script's text, that of the files in lib/ beside it, the options, the parameters. So the same
 * sweep called again runs only what is missing, and a script that has changed starts afresh. */
#ifndef SWEEP_H
#define SWEEP_H

#include <jansson.h>

#include "sweep/jobs.h"

struct sweep_options {
    const char *runs; /* the folder */
    bool record;      /* whether the runs of cells are recorded there */
    const char *script;
    size_t n_overrides;
    const char *const *overrides; /* of every cell, "key=value" */
    bool has_seed;
    uint64_t seed;        /* as in `synrl run --seed` */
    uint64_t ordinal;     /* of the sweep in its script, from 1; 0: cells are given as overrides */
    size_t jobs, threads; /* processes at a time; threads for all of them together */
    size_t retries;       /* of a cell that failed */
    size_t shard, n_shards; /* this is shard 1 .. n_shards of a sweep that several machines share */
    bool fail_fast;         /* the first failure ends the sweep */
    bool fresh;             /* kept results do not count */
    bool collect_only;      /* runs nothing */
    /* Shown to a person, or NULL; a status other than SYNRL_OK ends the sweep. */
    synrl_status (*tick)(void *context, const struct job_counts *counts, size_t n_failed);
    void *tick_context;
};

/* Runs the cells, a list of objects of scalars. *results, the caller's reference, is
 *   {"cells": [{"parameters", "status": "done", "failed" or "missing", "hash", "result" or
 * "error"}], "groups": [{"parameters" (without seed), "n", "failed", "missing", "mean", "stdev",
 * "ci95": {metric: number}}], "failed", "missing", "file" (where the sweep is recorded)} Metrics
 * are the numbers in the results, by dotted path; ci95 is half the width of Student's 95%
 * confidence interval of the mean over seeds. Failed cells are no failure of the call. */
synrl_status sweep_run(struct core *core, const struct sweep_options *options, const json_t *cells,
                       json_t **results);

#endif
