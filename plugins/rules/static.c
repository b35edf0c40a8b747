/* Static synaptic policy: Algorithm 1 with Train-Policy off.
 *
 * Every synapse follows the same frozen policy pi(s_t), epsilon-greedy; the policy never changes.
 * Bhargava, Rezaei and Lankarany 2021, sections 2.2 and 2.3. */
#include <synrl/rule.h>

struct config {
    const synrl_policy *policy;
    const synrl_schedule *epsilon, *alpha_s;
    double bias_scale;
    int32_t ties;
};

struct rule {
    const synrl_host *host;
    const struct config *config;
    synrl_memory *memory; /* w.s of every synapse */
    int8_t *actions;      /* w.a_t of every synapse */
};

static synrl_status rule_step(void *self, synrl_env *env) {
    struct rule *rule = self;
    const struct config *config = rule->config;
    const synrl_policy_api *policy = rule->host->policy;
    const synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_ACTIONS};
    double epsilon, alpha_s;
    SYNRL_TRY(config->epsilon->at(config->epsilon, env->iteration, &epsilon));
    SYNRL_TRY(config->alpha_s->at(config->alpha_s, env->iteration, &alpha_s));

    /* w.a_t <- pi(w.s_t) */
    policy->choose(rule->host, config->policy, (synrl_ties)config->ties, epsilon, stream,
                   rule->memory, rule->actions, NULL);
    /* w <- w + w.a_t;  R_t <- sign(old-loss - new-loss) */
    synrl_outcome outcome;
    SYNRL_TRY(env->step(env, rule->actions, alpha_s, config->bias_scale, &outcome));
    /* Update each w.s with the new global reward R_t */
    policy->observe(rule->memory, outcome.reward);
    return SYNRL_OK;
}

static void rule_destroy(void *self) {
    struct rule *rule = self;
    rule->host->policy->memory_destroy(rule->host, rule->memory);
    rule->host->free(rule->host, rule->actions);
    rule->host->free(rule->host, rule);
}

static synrl_status rule_create(const synrl_host *host, const void *config, synrl_env *env,
                                void **self) {
    struct rule *rule = host->alloc(host, 1, sizeof *rule);
    if (rule == NULL) {
        return SYNRL_NO_MEMORY;
    }
    rule->host = host;
    rule->config = config;
    rule->actions = host->alloc(host, env->layout->n_synapses, 1);
    const synrl_policy *policy = rule->config->policy;
    synrl_status status = host->policy->memory_create(host, policy->n_actions, policy->n_rewards,
                                                      env->layout->n_synapses, &rule->memory);
    if (rule->actions == NULL) {
        status = SYNRL_NO_MEMORY;
    }
    if (status != SYNRL_OK) {
        rule_destroy(rule);
        return status;
    }
    *self = rule;
    return SYNRL_OK;
}

static const synrl_policy *rule_policy(const void *self) {
    return ((const struct rule *)self)->config->policy;
}

static size_t rule_state_size(const void *self) {
    const struct rule *rule = self;
    return rule->host->policy->memory_state_size(rule->memory);
}

static void rule_save(const void *self, void *state) {
    const struct rule *rule = self;
    rule->host->policy->memory_save(rule->memory, state);
}

static synrl_status rule_load(void *self, const void *state, size_t size) {
    struct rule *rule = self;
    return rule->host->policy->memory_load(rule->host, rule->memory, state, size);
}

static const synrl_param params[] = {
    {.name = "policy",
     .type = SYNRL_PARAM_POLICY,
     .offset = offsetof(struct config, policy),
     .meaning = "the frozen table that every synapse follows"},
    {.name = "epsilon",
     .type = SYNRL_PARAM_SCHEDULE,
     .offset = offsetof(struct config, epsilon),
     .default_text = "0.25",
     .min = 0,
     .max = 1,
     .meaning = "probability of a uniformly random action"},
    {.name = "alpha_s",
     .type = SYNRL_PARAM_SCHEDULE,
     .offset = offsetof(struct config, alpha_s),
     .default_text = "0.001",
     .min = SYNRL_POSITIVE,
     .max = SYNRL_UNBOUNDED,
     .meaning = "synaptic learning rate: how far one action moves a weight"},
    {.name = "bias_scale",
     .type = SYNRL_PARAM_NUMBER,
     .offset = offsetof(struct config, bias_scale),
     .default_text = "1",
     .min = 0,
     .max = SYNRL_UNBOUNDED,
     .meaning = "a bias moves by this times alpha_s; 2 in the authors' code"},
    {.name = "ties",
     .type = SYNRL_PARAM_CHOICE,
     .offset = offsetof(struct config, ties),
     .default_text = "first",
     .choices = SYNRL_TIES_CHOICES,
     .meaning = "which of equally good actions is greedy; first of -, 0, + as published"},
};

static const synrl_rule_ops ops = {
    SYNRL_OPS_SIZE(synrl_rule_ops),
    .create = rule_create,
    .destroy = rule_destroy,
    .step = rule_step,
    .policy = rule_policy,
    .state_size = rule_state_size,
    .save = rule_save,
    .load = rule_load,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_RULE,
    .id = "static",
    .version = "1.0.0",
    .summary = "every synapse follows one frozen policy",
    .source = "Bhargava et al. 2021, Algorithm 1 without Train-Policy, Eq. 6",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
