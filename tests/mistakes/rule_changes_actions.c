/* SPDX-License-Identifier: MIT */
/* Changes its actions after the step that they were for. */
#define BEFORE                                                      \
    SYNRL_TRY(env->step(env, rule->actions, 0.001, 1.0, &outcome)); \
    memset(rule->actions, 77, n)
#define STEP SYNRL_OK
#include "rule.h"
