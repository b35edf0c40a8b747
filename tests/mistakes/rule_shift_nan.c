/* SPDX-License-Identifier: MIT */
/* Shifts a weight by NaN. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define BEFORE rule->floats[7] = NAN
#define STEP env->shift(env, rule->floats)
#include "rule.h"
