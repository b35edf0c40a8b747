/* SPDX-License-Identifier: MIT */
/* Shows the progress of a sweep on stderr. */
#include "sweep/sweep_display.h"

#include <stdio.h>

synrl_status sweep_show(void *context, const struct job_counts *counts, size_t n_failed) {
    struct sweep_display *display = context;
    if (display->is_quiet || (counts->done == display->n_shown && !display->is_terminal)) {
        return SYNRL_OK;
    }
    if (display->is_terminal && counts->done == display->n_shown &&
        counts->running == display->n_running) {
        return SYNRL_OK;
    }
    display->n_shown = counts->done;
    display->n_running = counts->running;
    fprintf(stderr, "%ssweep: %zu of %zu done, %zu failed, %zu running%s",
            display->is_terminal ? "\r\033[K" : "", counts->done, counts->n, n_failed,
            counts->running, display->is_terminal ? "" : "\n");
    if (display->is_terminal && counts->done == counts->n) {
        fputs("\r\033[K", stderr);
    }
    return SYNRL_OK;
}
