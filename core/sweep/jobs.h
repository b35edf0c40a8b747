/* Commands run side by side, as processes of their own. */
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
    /* Adds the job's words, and names its files; their names are the caller's until the next
     * begin. */
    synrl_status (*begin)(void *context, size_t number, struct job *job);
    /* Its exit code; 128 + n where signal n ended it. *again: to be begun once more. */
    synrl_status (*end)(void *context, size_t number, int code, bool *again);
    /* Now and then, several times a second. A status other than SYNRL_OK ends everything. */
    synrl_status (*tick)(void *context, const struct job_counts *counts);
};

/* Runs them in order. When a function fails, those still running are asked to end (SIGTERM) and
 * waited for, and the status is returned. */
synrl_status jobs_run(struct core *core, const struct jobs *jobs);

#endif
