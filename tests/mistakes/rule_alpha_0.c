/* SPDX-License-Identifier: MIT */
/* A step of size 0. */
#define STEP env->step(env, rule->actions, 0.0, 1.0, &outcome)
#include "rule.h"
