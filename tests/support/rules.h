/* SPDX-License-Identifier: MIT */
/* Rules at work, for suites that give them an environment. Helpers end the test themselves where
 * something is not as it must be. */
#ifndef RULES_H
#define RULES_H

#include "support/values.h"
#include "train/rule.h"

/* Creates a rule with these values and starts it; rule_clear frees it. */
void test_rule(struct core *core, struct rule *rule, synrl_env *env, const char *id, size_t n,
               const struct named_value *values);
/* Gives a rule the state of another. */
void test_hand_over(struct core *core, struct rule *from, struct rule *to);

#endif
