/* Win-stay, lose-reverse: a policy of memory 1 that needs no learning.
 *
 *     a_t = a_{t-1}   after a reward of +1
 *     a_t = -a_{t-1}  after a reward of -1
 *     a_t = 0         before the first reward
 *
 * and with probability epsilon a uniformly random action, as in Eq. 6 of Bhargava et al. 2021. It
 * is a table like any other; what it adds is that nobody has to find it. Win-stay, lose-shift:
 * Robbins, "Some aspects of the sequential design of experiments", 1952. */
#include <synrl/rule.h>

struct config {
    const synrl_schedule *epsilon, *alpha_s;
    double bias_scale;
};

struct rule {
    const synrl_host *host;
    const struct config *config;
    synrl_policy *policy;
    synrl_memory *memory; /* w.s of every synapse: its last action, the last reward */
    int8_t *actions;      /* w.a_t of every synapse */
};

static synrl_status rule_step(void *self, synrl_env *env) {
    struct rule *rule = self;
    const struct config *config = rule->config;
    const synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_ACTIONS};
    double epsilon, alpha_s;
    SYNRL_TRY(config->epsilon->at(config->epsilon, env->iteration, &epsilon));
    SYNRL_TRY(config->alpha_s->at(config->alpha_s, env->iteration, &alpha_s));

    rule->host->policy->choose(rule->host, rule->policy, SYNRL_TIES_FIRST, epsilon, stream,
                               rule->memory, rule->actions, NULL);
    synrl_outcome outcome;
    SYNRL_TRY(env->step(env, rule->actions, alpha_s, config->bias_scale, &outcome));
    rule->host->policy->observe(rule->memory, outcome.reward);
    return SYNRL_OK;
}

/* Q = 1 for the action to take, 0 for the others: 27 entries say it all. */
static void fill_policy(synrl_policy *policy) {
    for (int rewards = 0; rewards < 3; rewards++) {
        for (int history = 0; history < 3; history++) {
            const int last = history - 1;
            const int action = last * (rewards - 1); /* rewards - 1: the last reward, 0 for none */
            policy->q[(rewards * 3 + history) * 3 + action + 1] = 1.0;
        }
    }
}

static void rule_destroy(void *self) {
    struct rule *rule = self;
    rule->host->policy->destroy(rule->host, rule->policy);
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
    synrl_status status = rule->actions != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = host->policy->create(host, 1, 1, &rule->policy);
    }
    if (status == SYNRL_OK) {
        fill_policy(rule->policy);
        status = host->policy->memory_create(host, 1, 1, env->layout->n_synapses, &rule->memory);
    }
    if (status != SYNRL_OK) {
        rule_destroy(rule);
        return status;
    }
    *self = rule;
    return SYNRL_OK;
}

static const synrl_policy *rule_policy(const void *self) {
    return ((const struct rule *)self)->policy;
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
    {.name = "epsilon",
     .type = SYNRL_PARAM_SCHEDULE,
     .offset = offsetof(struct config, epsilon),
     .default_text = "0.1",
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
     .meaning = "a bias moves by this times alpha_s"},
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
    .id = "win_stay",
    .version = "1.0.0",
    .summary = "win-stay, lose-reverse: repeat a rewarded action, reverse a punished one",
    .source = "Robbins 1952; as a synaptic policy of memory 1 in Eq. 6 of Bhargava et al. 2021",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
