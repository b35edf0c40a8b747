/* SPDX-License-Identifier: MIT */
/* Correlates with no signal. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->local->correlate(env, NULL, &loss)
#include "rule.h"
