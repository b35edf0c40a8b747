/* SPDX-License-Identifier: MIT */
/* The curves of a report's runs, thinned where there are more points than a screen has columns.
 * Runs that are averaged show the same iterations, so that their mean at each is a mean of all. */
#ifndef CURVES_H
#define CURVES_H

#include <jansson.h>

#include "base/core.h"

struct curves {
    struct core *core;
    json_t *iterations; /* lists of iterations, shared by runs */
    size_t n_points;    /* at max, per run; at least 4 */
};

/* Sets "columns" and "iterations", an index into the lists, of the runs of one group. Where a run's
 * metrics cannot be read, its "problem" is set. Fails only without memory. */
synrl_status curves_add(struct curves *curves, size_t n_runs, json_t *const *runs,
                        const char *const *folders);

#endif
