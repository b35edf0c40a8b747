/* SPDX-License-Identifier: MIT */
/* Sweeps: one script, many configurations (cells), each in its own process.
 *
 * A cell's result is kept in RUNS/.cells/HASH.json; HASH is of the options, the parameters and the
 * text of the script. With it is kept what the process of the cell has read (kept.h). So the same
 * sweep, called again, runs only what is missing, and what has read something that has changed. */
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
    size_t shard, n_shards; /* 1 .. n_shards, of a sweep divided among machines */
    bool is_follower;       /* another process of the same call writes the record */
    bool takes_rest;        /* after its shard, what nobody else is running */
    double
        lapse; /* seconds after which a cell is taken over from a silent machine (cell_claim.h) */
    bool fail_fast;    /* the first failure ends the sweep */
    bool fresh;        /* ignores kept results */
    bool collect_only; /* runs nothing */
    /* To show progress, or NULL; a status other than SYNRL_OK ends the sweep. */
    synrl_status (*tick)(void *context, const struct job_counts *counts, size_t n_failed);
    void *tick_context;
    /* Called with the first result that there is: one that was kept, or that of the first cell that
     * is done; or NULL. */
    void (*first)(void *context, const json_t *result);
    void *first_context;
};

/* Runs the cells, a list of objects of scalars or lists of them. *results, the caller's reference,
 * is
 *     {"cells": [{"parameters", "status", "hash", "result" or "error"}],
 *      "groups": [{"parameters", "n", "diverged", "failed", "missing", "count", "mean", "stdev",
 *                  "ci95"}],
 *      "diverged", "failed", "missing", "file"}
 * where status is "done", "diverged" (a result with `diverged = true`), "failed" or "missing", a
 * group's parameters have no seed, n is the number of its results, count, mean, stdev and ci95 are
 * {metric: number}, and file is the record of the sweep. Metrics are the numbers in the results, by
 * dotted path; count is how many of the n results have a finite one; ci95 is half the width of
 * Student's 95% confidence interval of the mean over seeds. The call succeeds even if cells fail.
 */
synrl_status sweep_run(struct core *core, const struct sweep_options *options, const json_t *cells,
                       json_t **results);

/* What the names of the sweep's own files begin with: RUNS/sweep-HASH; freed by core_free. */
synrl_status sweep_path(struct core *core, const struct sweep_options *options, const json_t *cells,
                        char **path);

#endif
