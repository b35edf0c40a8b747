/* SPDX-License-Identifier: MIT */
/* The options of a run that takes no time: a boundary of 60 points for a 2-4-1 network under
 * qlearning, 30 iterations, each recorded. */
#ifndef SMALL_RUN_H
#define SMALL_RUN_H

#include "train/trainer.h"

void small_run_open(struct core *core, struct train_options *options);
void small_run_close(struct train_options *options);

#endif
