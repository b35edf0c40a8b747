/* SPDX-License-Identifier: MIT */
/* A step of rank one with a column of 2. */
#define BEFORE rule->actions[1] = 2
#define STEP env->step_rank_one(env, (const int8_t[64]){0}, rule->actions, 0.001, 1.0, &outcome)
#include "rule.h"
