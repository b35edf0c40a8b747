/* SPDX-License-Identifier: MIT */
/* Forgets how many outputs it has. */
#define N_OUTPUTS 0
#include "model.h"
