/* SPDX-License-Identifier: MIT */
/* A learning rule at work: its instance, driven by the trainer or by a replay. */
#ifndef TRAIN_RULE_H
#define TRAIN_RULE_H

#include "plugin/component.h"
#include "plugin/host.h"
#include "synrl/rule.h"
#include "train/metrics.h"
#include "train/state.h"

struct rule {
    struct component *component; /* a reference */
    struct host host;
    const synrl_rule_ops *ops;
    const void *config;
    uint32_t traits; /* that it has with these parameters */
    void *self;
    size_t n_synapses; /* since rule_start */
    uint64_t n_steps;  /* that it has made */
};

/* The instance, zeroed; then rule_start runs its create. After a failure rule_clear is due too. */
synrl_status rule_create(struct rule *rule, struct core *core, struct component *component);
synrl_status rule_start(struct rule *rule, synrl_env *env);
void rule_clear(struct rule *rule); /* all zero is allowed */

synrl_status rule_step(struct rule *rule, synrl_env *env);
synrl_status rule_finish(struct rule *rule, synrl_env *env);
bool rule_has_finish(const struct rule *rule);      /* whether that does anything */
const synrl_policy *rule_policy(struct rule *rule); /* NULL: it has none */
/* The names of its metrics, and their values now [n]. SYNRL_INVALID where a name is taken. */
synrl_status rule_metric_names(const struct rule *rule, struct metric_names *names);
void rule_metrics(const struct rule *rule, double *values);
/* What it remembers. */
struct stateful rule_state(struct rule *rule);
/* The traits of a rule with the parameters of its component. */
uint32_t rule_traits(struct component *component);
/* Whether it says all that it remembers, so that a run can be saved and continued. */
bool rule_can_resume(const struct rule *rule);
/* Whether it reads losses, and nothing more. */
bool rule_reads_losses(const struct rule *rule);
bool rule_reads_more(const struct rule *rule);

#endif
