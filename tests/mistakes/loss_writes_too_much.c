/* SPDX-License-Identifier: MIT */
/* Writes more terms than there are samples in a block. */
#define MORE_TERMS                                         \
    for (size_t s = SYNRL_LANES; s < 2 * SYNRL_LANES; s++) \
    terms[s] = 0.0F
#include "loss.h"
