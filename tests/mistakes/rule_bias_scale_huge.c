/* SPDX-License-Identifier: MIT */
/* Step size and bias scale are floats, and their product is not. */
#define STEP env->step(env, rule->actions, 1e20, 1e20, &outcome)
#include "rule.h"
