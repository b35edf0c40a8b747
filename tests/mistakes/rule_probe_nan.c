/* SPDX-License-Identifier: MIT */
/* Probes in a direction that is nowhere. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define BEFORE rule->floats[5] = NAN
#define STEP env->probe(env, 1, rule->floats, 1.0, &loss)
#include "rule.h"
