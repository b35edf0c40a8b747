/* SPDX-License-Identifier: MIT */
/* Has three outputs for one target. */
#define N_OUTPUTS 3
#include "model.h"
