/* SPDX-License-Identifier: MIT */
/* Commands that run in parallel, each in its own process. */
#ifndef JOBS_H
#define JOBS_H

#include "base/core.h"
#include "base/words.h"

struct job {
    struct words words;         /* the program, by its path, and its arguments */
    const char *output, *error; /* files for its stdout and stderr */
};

struct job_counts {
    size_t n, done, running;
};

struct jobs {
    size_t n, at_once;
    void *context;
    /* Adds the job's words and sets its files; the strings of the files stay the callee's, until
     * the next begin. */
    synrl_status (*begin)(void *context, size_t number, struct job *job);
    /* The job has ended with an exit code, or 128 + n after signal n. *again: retry it. */
    synrl_status (*end)(void *context, size_t number, int code, bool *again);
    /* Called several times per second. A status other than SYNRL_OK ends everything. */
    synrl_status (*tick)(void *context, const struct job_counts *counts);
};

/* Starts the jobs in order. When a function fails, the running processes get SIGTERM and are waited
 * for, and the status is returned. */
synrl_status jobs_run(struct core *core, const struct jobs *jobs);

#endif
