/* SPDX-License-Identifier: MIT */
/* Asks for the weights without a place for them. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->weights(env, NULL)
#include "rule.h"
