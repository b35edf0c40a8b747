/* SPDX-License-Identifier: MIT */
/* Sets a weight to NaN. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define BEFORE rule->floats[7] = NAN
#define STEP env->set_weights(env, rule->floats)
#include "rule.h"
