/* SPDX-License-Identifier: MIT */
/* The progress of a sweep, for the user. */
#ifndef SWEEP_DISPLAY_H
#define SWEEP_DISPLAY_H

#include "sweep/jobs.h"

/* Shows a sweep's progress on stderr: a line that is rewritten on a terminal. For
 * sweep_options.tick. */
struct sweep_display {
    bool is_quiet, is_terminal;
    size_t n_shown, n_running;
};
synrl_status sweep_show(void *context, const struct job_counts *counts, size_t n_failed);

#endif
