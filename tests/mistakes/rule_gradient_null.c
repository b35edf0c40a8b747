/* SPDX-License-Identifier: MIT */
/* Asks for the gradient without a place for it. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->gradient(env, NULL, &loss)
#include "rule.h"
