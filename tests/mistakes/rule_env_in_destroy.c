/* SPDX-License-Identifier: MIT */
/* Asks the environment in destroy. */
#include <synrl/rule.h>

#define MORE .destroy = destroy
static void destroy(const synrl_host *host, const void *config, void *self);
#include "rule.h"

static void destroy(const synrl_host *host, const void *config, void *self) {
    struct rule *rule = self;
    const synrl_outcome *outcome;
    rule->env->step(rule->env, rule->actions, 0.001, 1.0, &outcome);
}
