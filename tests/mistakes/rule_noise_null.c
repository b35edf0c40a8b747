/* SPDX-License-Identifier: MIT */
/* Asks for the noise without a place for it. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->local->noise(env, 0, NULL)
#include "rule.h"
