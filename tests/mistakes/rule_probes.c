/* SPDX-License-Identifier: MIT */
/* Probes as it may, for models that do not bear it. */
#define TRAITS SYNRL_RULE_STATELESS | SYNRL_RULE_READS_MORE
#define BEFORE                       \
    for (size_t i = 0; i < n; i++) { \
        rule->floats[i] = 1.0F;      \
    }                                \
    SYNRL_TRY(env->probe(env, 1, rule->floats, 0.1, &loss))
#include "rule.h"
