/* SPDX-License-Identifier: MIT */
/* A step of no step sizes. */
#define STEP env->step_tensors(env, rule->actions, NULL, &outcome)
#include "rule.h"
