/* SPDX-License-Identifier: MIT */
/* Writes more outputs than it has. */
#define FORWARD                               \
    for (int s = 0; s < 2 * SYNRL_LANES; s++) \
    outputs[s] = 0.5F
#include "model.h"
