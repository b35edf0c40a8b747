/* SPDX-License-Identifier: MIT */
/* A shift before the first iteration. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define CREATE SYNRL_TRY(env->shift(env, rule->floats))
#include "rule.h"
