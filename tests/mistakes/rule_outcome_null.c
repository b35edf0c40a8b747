/* SPDX-License-Identifier: MIT */
/* A step whose outcome has no place. */
#define STEP env->step(env, rule->actions, 0.001, 1.0, NULL)
#include "rule.h"
