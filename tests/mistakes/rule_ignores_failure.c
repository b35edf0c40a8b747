/* SPDX-License-Identifier: MIT */
/* Passes over a step that failed. */
#define BEFORE env->step(env, rule->actions, -1.0, 1.0, &outcome)
#define STEP SYNRL_OK
#include "rule.h"
