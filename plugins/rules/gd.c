/* Batch gradient descent, the paper's baseline: w <- w - alpha * dL/dw, L over the whole batch.
 * No momentum, no regularisation (Bhargava et al. 2021, section 3). Needs a derivative from the
 * model, the loss and every activation, and refuses by name where one has none. */
#include <synrl/rule.h>

struct config {
    const synrl_schedule *alpha;
};

struct rule {
    const synrl_host *host;
    const struct config *config;
    float *gradient; /* [n_synapses], and then the move */
};

static synrl_status rule_step(void *self, synrl_env *env) {
    struct rule *rule = self;
    double alpha, loss;
    SYNRL_TRY(rule->config->alpha->at(rule->config->alpha, env->iteration, &alpha));
    SYNRL_TRY(env->gradient(env, rule->gradient, &loss));
    for (size_t i = 0; i < env->layout->n_synapses; i++) {
        rule->gradient[i] *= -(float)alpha;
    }
    return env->shift(env, rule->gradient);
}

static void rule_destroy(void *self) {
    struct rule *rule = self;
    rule->host->free(rule->host, rule->gradient);
    rule->host->free(rule->host, rule);
}

static synrl_status rule_create(const synrl_host *host, const void *config, synrl_env *env,
                                void **self) {
    SYNRL_TRY(env->differentiable(env));
    struct rule *rule = host->alloc(host, 1, sizeof *rule);
    if (rule == NULL) {
        return SYNRL_NO_MEMORY;
    }
    rule->host = host;
    rule->config = config;
    rule->gradient = host->alloc(host, env->layout->n_synapses, sizeof(float));
    if (rule->gradient == NULL) {
        rule_destroy(rule);
        return SYNRL_NO_MEMORY;
    }
    *self = rule;
    return SYNRL_OK;
}

static const synrl_param params[] = {
    {.name = "alpha",
     .type = SYNRL_PARAM_SCHEDULE,
     .offset = offsetof(struct config, alpha),
     .default_text = "0.1",
     .min = SYNRL_POSITIVE,
     .max = SYNRL_UNBOUNDED,
     .meaning = "learning rate"},
};

static const synrl_rule_ops ops = {
    SYNRL_OPS_SIZE(synrl_rule_ops),
    .create = rule_create,
    .destroy = rule_destroy,
    .step = rule_step,
};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,
    .kind = SYNRL_KIND_RULE,
    .id = "gd",
    .version = "1.0.0",
    .summary = "batch gradient descent, the baseline",
    .source = "w <- w - alpha dL/dw; Bhargava et al. 2021, section 3",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
