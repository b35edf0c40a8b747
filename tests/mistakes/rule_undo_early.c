/* SPDX-License-Identifier: MIT */
/* Takes back a step that was not made. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define STEP env->undo(env)
#include "rule.h"
