/* SPDX-License-Identifier: MIT */
/* Runs the cells that are queued. */
#ifndef SWEEP_QUEUE_H
#define SWEEP_QUEUE_H

#include "sweep/sweep_private.h"

/* Waits also for those that other processes are running. */
synrl_status sweep_run_queue(struct sweep *sweep);
/* To be called several times per second, with what there is to show. */
synrl_status sweep_tick(struct sweep *sweep, const struct job_counts *counts);

#endif
