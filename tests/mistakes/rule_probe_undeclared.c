/* SPDX-License-Identifier: MIT */
/* Probes, and does not say that it reads more. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_LOSS
#define STEP env->probe(env, 1, rule->floats, 1.0, &loss)
#include "rule.h"
