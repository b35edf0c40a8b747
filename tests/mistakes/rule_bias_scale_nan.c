/* SPDX-License-Identifier: MIT */
/* A bias scale that came of 0 / 0. */
#define STEP env->step(env, rule->actions, 0.001, NAN, &outcome)
#include "rule.h"
