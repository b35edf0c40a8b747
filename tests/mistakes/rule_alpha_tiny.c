/* SPDX-License-Identifier: MIT */
/* A step size that is 0 as a float. */
#define STEP env->step(env, rule->actions, 1e-60, 1.0, &outcome)
#include "rule.h"
