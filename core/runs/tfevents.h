/* SPDX-License-Identifier: MIT */
/* A run's metrics for TensorBoard. */
#ifndef TFEVENTS_H
#define TFEVENTS_H

#include "runs/metrics_csv.h"

/* Writes an event file, completely or not at all: one scalar per column and row, except for empty
 * cells. Rows have no times of their own: they are spread evenly from `start`, in seconds since
 * 1970, over `seconds`. */
synrl_status tfevents_write(struct core *core, const char *path, const struct metrics_table *table,
                            double start, double seconds);

#endif
