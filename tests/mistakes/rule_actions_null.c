/* SPDX-License-Identifier: MIT */
/* A step of no actions. */
#define STEP env->step(env, NULL, 0.001, 1.0, &outcome)
#include "rule.h"
