/* SPDX-License-Identifier: MIT */
/* A negative step size for one tensor. */
#define BEFORE const double alphas[4] = {0.001, 0.001, -0.001, 0.001}
#define STEP env->step_tensors(env, rule->actions, alphas, &outcome)
#include "rule.h"
