/* SPDX-License-Identifier: MIT */
/* A step size that came of 0 / 0. */
#define STEP env->step(env, rule->actions, NAN, 1.0, &outcome)
#include "rule.h"
