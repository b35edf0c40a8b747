/* SPDX-License-Identifier: MIT */
/* Commands that run in parallel, each in its own process. */
#ifndef JOBS_H
#define JOBS_H

#include "base/core.h"
#include "base/words.h"

enum job_state {
    JOB_READY, /* to be started */
    JOB_BUSY,  /* not now: tried again, after the others */
    JOB_DONE,  /* there is nothing to start */
};

struct job {
    enum job_state state;
    struct words words; /* the program, by its path, and its arguments */
    /* Open files for its stdout and stderr, which are closed here: error when the process has been
     * started, output after `end`. -1: none. */
    int output, error;
};

struct job_counts {
    size_t n, done, running;
};

struct jobs {
    size_t n, at_once;
    void *context;
    /* Sets the job's state; if it is ready, adds its words and opens its files. */
    synrl_status (*begin)(void *context, size_t number, struct job *job);
    /* The job has ended with an exit code, or 128 + n after signal n. *again: retry it. */
    synrl_status (*end)(void *context, size_t number, int code, bool *again);
    /* Whether a job that runs is another's by now: its process is then killed. */
    bool (*is_lost)(void *context, size_t number);
    /* Called several times per second. A status other than SYNRL_OK ends everything. */
    synrl_status (*tick)(void *context, const struct job_counts *counts);
};

/* Starts the jobs in order. When a function fails, the running processes get SIGUSR1 and are waited
 * for, and the status is returned. */
synrl_status jobs_run(struct core *core, const struct jobs *jobs);

#endif
