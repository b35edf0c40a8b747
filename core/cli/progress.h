/* SPDX-License-Identifier: MIT */
/* Shows runs on stderr: a line that is rewritten on a terminal, else a line now and then; at the
 * end a table, and the loss curve where `plot` is set. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "lua/module.h"

struct progress {
    struct display display; /* for the module; points to this struct */
    bool is_terminal, plot;
    bool line_is_open;
    unsigned depth; /* of runs within runs; only the outermost has a line */
    const char *name;
    uint64_t first, iterations;   /* where it starts, and where it is to end */
    double start, last;           /* seconds */
    uint64_t n_steps, n_rewarded; /* since the last line */
};
void progress_init(struct progress *progress, bool plot);
/* So that other output starts on a line of its own. */
void progress_clear(struct progress *progress);

#endif
