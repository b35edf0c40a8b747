/* SPDX-License-Identifier: MIT */
/* The options of a run that takes no time: a boundary of 60 points for a 2-4-1 network under
 * qlearning, 30 iterations, each recorded. */
#ifndef SMALL_RUN_H
#define SMALL_RUN_H

#include "support/values.h"
#include "train/environment.h"
#include "train/trainer.h"

void small_run_open(struct core *core, struct train_options *options);
/* A boundary of 80 points for a network of these layers, the last of which is tanh, under this loss
 * and no rule yet: 200 iterations. */
void small_task_open(struct core *core, size_t n_layers, const struct value *layers,
                     const char *loss, struct train_options *options);
void small_run_close(struct train_options *options); /* either */
/* What an environment has cost so far. */
uint64_t small_run_forwards(struct environment *environment);

#endif
