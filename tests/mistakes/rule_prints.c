/* SPDX-License-Identifier: MIT */
/* Prints. */
#define BEFORE printf("iteration %d\n", (int)env->iteration)
#include "rule.h"
