/* SPDX-License-Identifier: MIT */
/* Probes an action of 2. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define BEFORE rule->actions[3] = 2
#define STEP env->probe_actions(env, 1, rule->actions, 0.001, 1.0, &loss)
#include "rule.h"
