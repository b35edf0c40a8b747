/* SPDX-License-Identifier: MIT */
/* Shifts a weight past the largest float. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define BEFORE rule->floats[7] = 3e38F
#define STEP env->shift(env, rule->floats)
#include "rule.h"
