/* SPDX-License-Identifier: MIT */
/* A step backwards. */
#define STEP env->step(env, rule->actions, -0.1, 1.0, &outcome)
#include "rule.h"
