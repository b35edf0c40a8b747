/* SPDX-License-Identifier: MIT */
/* Asks for a gradient that there is not. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->gradient(env, rule->floats, &loss)
#include "rule.h"
