/* SPDX-License-Identifier: MIT */
/* Probes without a place for the losses. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->probe(env, 1, rule->floats, 1.0, NULL)
#include "rule.h"
