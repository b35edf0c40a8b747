/* SPDX-License-Identifier: MIT */
/* A step by a worker. */
#include <synrl/rule.h>

static void work(void *context, size_t worker, size_t n_workers);
#define STEP (host->parallel(host, work, rule), SYNRL_OK)
#include "rule.h"

static void work(void *context, size_t worker, size_t n_workers) {
    struct rule *rule = context;
    const synrl_outcome *outcome;
    rule->env->step(rule->env, rule->actions, 0.001, 1.0, &outcome);
}
