/* SPDX-License-Identifier: MIT */
/* A sweep at work, for the files that carry it out. */
#ifndef SWEEP_PRIVATE_H
#define SWEEP_PRIVATE_H

#include <limits.h>

#include "sweep/cell_claim.h"
#include "sweep/kept.h"
#include "sweep/sweep.h"

enum { CELL_HASH_SIZE = 33, CELL_RESULT_LIMIT = 256 << 20 };

struct cell {
    const json_t *parameters;
    char hash[CELL_HASH_SIZE];
    bool is_stale;                 /* its kept result no longer holds, or is missing */
    char reason[KEPT_REASON_SIZE]; /* why it no longer holds; "": there is none */
    size_t n_failures;
    bool is_resumed; /* the process continues an earlier one */
    bool is_fresh;   /* after that has failed: it starts again */
    char error[512]; /* of the last failure; "": none */
    struct cell_claim claim;
    bool is_lost; /* another process has taken the claim over */
};

struct sweep {
    struct core *core;
    const struct sweep_options *options;
    char *folder; /* RUNS/.cells */
    uint64_t script_hash;
    size_t n;
    struct cell *cells;
    size_t *queue; /* the cells to run */
    size_t n_queued, n_failed;
    size_t threads; /* of each process */
    char program[PATH_MAX];
    double busy_since;       /* the first cell that another process was running; 0: none yet */
    bool is_told;            /* of that */
    bool has_first;          /* a result has been shown to options->first */
    double lapse;            /* of claims, seconds */
    double renewed;          /* when the claims were */
    struct cell_files files; /* of the cell being started, ended or looked at */
};

#endif
