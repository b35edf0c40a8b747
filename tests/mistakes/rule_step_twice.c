/* SPDX-License-Identifier: MIT */
/* Two steps in one iteration. */
#define BEFORE SYNRL_TRY(env->step(env, rule->actions, 0.001, 1.0, &outcome))
#include "rule.h"
