/* SPDX-License-Identifier: MIT */
/* A step size that is no float. */
#define STEP env->step(env, rule->actions, 1e300, 1.0, &outcome)
#include "rule.h"
