/* SPDX-License-Identifier: MIT */
/* Biases that move backwards. */
#define STEP env->step(env, rule->actions, 0.001, -1.0, &outcome)
#include "rule.h"
