/* SPDX-License-Identifier: MIT */
/* Probes actions without a place for the losses. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->probe_actions(env, 1, rule->actions, 0.001, 1.0, NULL)
#include "rule.h"
