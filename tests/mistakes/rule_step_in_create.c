/* SPDX-License-Identifier: MIT */
/* A step before the first iteration. */
#define CREATE SYNRL_TRY(env->step(env, rule->actions, 0.001, 1.0, &outcome))
#include "rule.h"
