/* SPDX-License-Identifier: MIT */
/* A trainer that takes no time: a boundary of 60 points for a 2-4-1 network under qlearning. */
#ifndef SMALL_H
#define SMALL_H

#include "train/trainer.h"

struct small {
    struct train_options options;
    struct trainer *trainer;
};
void small_open(struct core *core, struct small *small);
void small_close(struct small *small);

#endif
