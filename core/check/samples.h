/* SPDX-License-Identifier: MIT */
/* The data of the checks, which is part of the program: small, and of every shape that models and
 * losses may ask for. */
#ifndef CHECK_SAMPLES_H
#define CHECK_SAMPLES_H

#include "train/dataset.h"

enum samples {
    SAMPLES_PLANE,    /* two floats; one target, -1 or +1, as two classes */
    SAMPLES_PICTURES, /* 8 x 8 bytes, or 8 steps of 8; labels of four classes */
    SAMPLES_NUMBERS,  /* the same inputs as floats; two targets, no classes */
    N_SAMPLES_KINDS
};

/* SAMPLES_N samples: the work of three workers, whose last block is not full. */
enum { SAMPLES_N = 810 };

/* "a plane", for messages. */
const char *samples_name(enum samples kind);
synrl_status samples_create(struct core *core, enum samples kind, struct dataset **made);

#endif
