/* SPDX-License-Identifier: MIT */
/* Probes at a scale that came of 0 / 0. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->probe(env, 1, rule->floats, NAN, &loss)
#include "rule.h"
