/* SPDX-License-Identifier: MIT */
/* Changes the seed of the run. */
#define BEFORE env->seed = 5
#include "rule.h"
