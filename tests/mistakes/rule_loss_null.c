/* SPDX-License-Identifier: MIT */
/* Asks for the loss without a place for it. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->loss(env, NULL)
#include "rule.h"
