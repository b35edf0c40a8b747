/* SPDX-License-Identifier: MIT */
/* Instances of rules. Every operation is guarded: host_enter, host_leave. */
#include "train/rule.h"

#include <string.h>

synrl_status rule_create(struct rule *rule, struct core *core, struct component *component) {
    const synrl_plugin *entry = component_plugin(component)->entry;
    rule->component = component_retain(component);
    rule->ops = entry->ops;
    rule->config = component_config(component);
    rule->traits = rule_traits(component);
    host_init(&rule->host, core, SYNRL_KIND_RULE, entry->id);
    rule->self = host_alloc(&rule->host.api, rule->ops->self_size, 1);
    return rule->self != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

typedef synrl_status (*driving)(const synrl_host *host, const void *config, void *self,
                                synrl_env *env);

static synrl_status drive(struct rule *rule, const char *operation, driving drives,
                          synrl_env *env) {
    const struct operation before = host_enter(&rule->host, operation);
    return host_leave(&rule->host, before, drives(&rule->host.api, rule->config, rule->self, env));
}

synrl_status rule_start(struct rule *rule, synrl_env *env) {
    rule->n_synapses = env->layout->n_synapses;
    if (SYNRL_OFFERS(rule->ops, create)) {
        SYNRL_TRY(drive(rule, "create", rule->ops->create, env));
    }
    host_settled(&rule->host, true);
    return SYNRL_OK;
}

void rule_clear(struct rule *rule) {
    if (rule->component == NULL) {
        return;
    }
    if (rule->self != NULL && SYNRL_OFFERS(rule->ops, destroy)) {
        host_destroy(&rule->host, rule->ops->destroy, rule->config, rule->self);
    }
    host_release(&rule->host, rule->n_steps);
    component_release(rule->component);
    *rule = (struct rule){.component = NULL};
}

synrl_status rule_step(struct rule *rule, synrl_env *env) {
    rule->n_steps++;
    return drive(rule, "step", rule->ops->step, env);
}

bool rule_has_finish(const struct rule *rule) {
    return SYNRL_OFFERS(rule->ops, finish);
}

synrl_status rule_finish(struct rule *rule, synrl_env *env) {
    return rule_has_finish(rule) ? drive(rule, "finish", rule->ops->finish, env) : SYNRL_OK;
}

const synrl_policy *rule_policy(struct rule *rule) {
    if (!SYNRL_OFFERS(rule->ops, policy)) {
        return NULL;
    }
    const struct operation before = host_enter(&rule->host, "policy");
    const synrl_policy *policy = rule->ops->policy(&rule->host.api, rule->config, rule->self);
    return host_leave(&rule->host, before, SYNRL_OK) == SYNRL_OK ? policy : NULL;
}

synrl_status rule_metric_names(const struct rule *rule, struct metric_names *names) {
    *names = (struct metric_names){.n = rule->ops->n_metrics};
    for (size_t m = 0; m < names->n; m++) {
        names->names[m] = rule->ops->metrics[m].name;
        if (metric_name_is_taken(names->names[m])) {
            return rule->host.api.fail(&rule->host.api, SYNRL_INVALID,
                                       "a metric \"%s\": every run has one of that name",
                                       names->names[m]);
        }
    }
    return SYNRL_OK;
}

void rule_metrics(const struct rule *rule, double *values) {
    for (size_t m = 0; m < rule->ops->n_metrics; m++) {
        memcpy(&values[m], (const char *)rule->self + rule->ops->metrics[m].offset, sizeof *values);
    }
}

struct stateful rule_state(struct rule *rule) {
    return (struct stateful){&rule->host, rule->config, rule->self,
                             SYNRL_OFFERS(rule->ops, state) ? rule->ops->state : NULL,
                             rule->n_synapses};
}

uint32_t rule_traits(struct component *component) {
    const synrl_rule_ops *ops = component_plugin(component)->entry->ops;
    struct host *host = component_host(component);
    if (!SYNRL_OFFERS(ops, traits_with)) {
        return ops->traits;
    }
    const struct operation before = host_enter(host, "traits_with");
    const uint32_t traits = ops->traits_with(&host->api, component_config(component));
    host_leave(host, before, SYNRL_OK);
    return traits & ops->traits;
}

bool rule_can_resume(const struct rule *rule) {
    return SYNRL_OFFERS(rule->ops, state) || (rule->traits & SYNRL_RULE_STATELESS) != 0;
}

bool rule_reads_losses(const struct rule *rule) {
    return !rule_reads_more(rule) && (rule->traits & SYNRL_RULE_READS_LOSS) != 0;
}

bool rule_reads_more(const struct rule *rule) {
    return (rule->traits & SYNRL_RULE_READS_MORE) != 0;
}
