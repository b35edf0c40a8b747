/* SPDX-License-Identifier: MIT */
/* Asks what samples are paid before there was any noise. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->local->rewards(env, rule->actions)
#include "rule.h"
