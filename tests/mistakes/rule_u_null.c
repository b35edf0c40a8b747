/* SPDX-License-Identifier: MIT */
/* A step of rank one without rows. */
#define STEP env->step_rank_one(env, NULL, rule->actions, 0.001, 1.0, &outcome)
#include "rule.h"
