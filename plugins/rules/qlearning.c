/* Q-learned synaptic policy: Algorithm 1 with Train-Policy on.
 *
 * Every synapse is an agent that follows one shared, epsilon-greedy policy, and after each reward
 * the table learns from all of them by temporal differences. Bhargava, Rezaei and Lankarany 2021,
 * Eq. 7 (whose printed parenthesis is misplaced; this is the standard update):
 *
 *     Q(s_t, a_t) <- Q(s_t, a_t) + alpha_q [ R_t + gamma max_a' Q(s_{t+1}, a') - Q(s_t, a_t) ]
 *
 * The reward is global, so at one iteration a synapse's state and action are told apart by its own
 * last actions alone: by its cell, action history * 3 + action. All synapses of a cell share one
 * target. sweep = "synchronous": targets are taken from the table as it was before the iteration;
 * then c updates towards one fixed target have the closed form q <- target + (1 - alpha_q)^c (q -
 * target), and N synapses cost a histogram of 3^(n_actions + 1) counts. sweep = "sequential":
 * synapse after synapse in place, as the authors' code does it; a target then sees what earlier
 * synapses of the same iteration wrote. */
#include <math.h>
#include <string.h>

#include <synrl/rule.h>

enum { SWEEP_SYNCHRONOUS, SWEEP_SEQUENTIAL };

struct config {
    const synrl_policy *policy;
    const synrl_schedule *epsilon, *alpha_s, *alpha_q;
    double gamma, bias_scale;
    int64_t memory, n_actions, n_rewards;
    int32_t sweep, ties;
};

struct rule {
    const synrl_host *host;
    const struct config *config;
    synrl_policy *policy;  /* Q, which learns */
    synrl_memory *memory;  /* w.s of every synapse */
    int8_t *actions;       /* w.a_t of every synapse */
    synrl_choices choices; /* counts of cells, or the cell of each synapse, by the sweep */
    double *targets;       /* [3^(n_actions + 1)], scratch */
};

/* R_t + gamma max_a' Q(s_{t+1}, a'), where s_{t+1} follows from the cell and the new rewards. */
static double td_target(const struct rule *rule, uint32_t cell, int reward) {
    const synrl_policy *policy = rule->policy;
    const uint32_t next_history = cell % policy->n_action_histories;
    const double *q =
        policy->q + ((size_t)rule->memory->rewards * policy->n_action_histories + next_history) * 3;
    return reward + rule->config->gamma * fmax(q[0], fmax(q[1], q[2]));
}

/* By squaring: the C library's pow may differ in the last bit from machine to machine. */
static double power(double base, uint64_t exponent) {
    double result = 1.0;
    for (; exponent > 0; exponent >>= 1) {
        result *= (exponent & 1) != 0 ? base : 1.0;
        base *= base;
    }
    return result;
}

/* q [cells] of the reward history that the actions were taken in. */
static void learn_synchronous(struct rule *rule, double *q, double alpha_q, int reward) {
    const uint32_t n_cells = rule->policy->n_action_histories * 3;
    for (uint32_t cell = 0; cell < n_cells; cell++) {
        rule->targets[cell] = td_target(rule, cell, reward);
    }
    for (uint32_t cell = 0; cell < n_cells; cell++) {
        if (rule->choices.counts[cell] > 0) {
            const double kept = power(1.0 - alpha_q, rule->choices.counts[cell]);
            q[cell] = rule->targets[cell] + kept * (q[cell] - rule->targets[cell]);
        }
    }
}

static void learn_sequential(struct rule *rule, double *q, double alpha_q, int reward) {
    for (size_t i = 0; i < rule->memory->n_synapses; i++) {
        const uint32_t cell = rule->choices.cells[i];
        q[cell] += alpha_q * (td_target(rule, cell, reward) - q[cell]);
    }
}

static synrl_status rule_step(void *self, synrl_env *env) {
    struct rule *rule = self;
    const struct config *config = rule->config;
    const synrl_policy_api *policy = rule->host->policy;
    const synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_ACTIONS};
    double epsilon, alpha_s, alpha_q;
    SYNRL_TRY(config->epsilon->at(config->epsilon, env->iteration, &epsilon));
    SYNRL_TRY(config->alpha_s->at(config->alpha_s, env->iteration, &alpha_s));
    SYNRL_TRY(config->alpha_q->at(config->alpha_q, env->iteration, &alpha_q));

    /* w.a_t <- pi(w.s_t) */
    double *q =
        rule->policy->q + (size_t)rule->memory->rewards * rule->policy->n_action_histories * 3;
    policy->choose(rule->host, rule->policy, (synrl_ties)config->ties, epsilon, stream,
                   rule->memory, rule->actions, &rule->choices);
    /* w <- w + w.a_t;  R_t <- sign(old-loss - new-loss) */
    synrl_outcome outcome;
    SYNRL_TRY(env->step(env, rule->actions, alpha_s, config->bias_scale, &outcome));
    /* Update each w.s with the new global reward R_t */
    policy->observe(rule->memory, outcome.reward);
    /* Train-Policy: Eq. 7 for every synapse */
    if (config->sweep == SWEEP_SEQUENTIAL) {
        learn_sequential(rule, q, alpha_q, outcome.reward);
    } else {
        learn_synchronous(rule, q, alpha_q, outcome.reward);
    }
    return SYNRL_OK;
}

static void rule_destroy(void *self) {
    struct rule *rule = self;
    const synrl_host *host = rule->host;
    host->policy->destroy(host, rule->policy);
    host->policy->memory_destroy(host, rule->memory);
    host->free(host, rule->actions);
    host->free(host, rule->choices.counts);
    host->free(host, rule->choices.cells);
    host->free(host, rule->targets);
    host->free(host, rule);
}

/* The table to start from: a copy of the one given, or zeros of the size asked for. */
static synrl_status make_policy(struct rule *rule) {
    const struct config *config = rule->config;
    const synrl_host *host = rule->host;
    if (config->policy != NULL) {
        return host->policy->copy(host, config->policy, &rule->policy);
    }
    const int64_t n_actions = config->n_actions >= 0 ? config->n_actions : config->memory;
    const int64_t n_rewards = config->n_rewards >= 0 ? config->n_rewards : config->memory;
    return host->policy->create(host, (uint32_t)n_actions, (uint32_t)n_rewards, &rule->policy);
}

static synrl_status make_buffers(struct rule *rule, size_t n_synapses) {
    const synrl_host *host = rule->host;
    const size_t n_cells = (size_t)rule->policy->n_action_histories * 3;
    rule->actions = host->alloc(host, n_synapses, 1);
    rule->targets = host->alloc(host, n_cells, sizeof(double));
    bool complete = rule->actions != NULL && rule->targets != NULL;
    if (rule->config->sweep == SWEEP_SEQUENTIAL) {
        rule->choices.cells = host->alloc(host, n_synapses, sizeof(uint16_t));
        complete = complete && rule->choices.cells != NULL;
    } else {
        rule->choices.counts = host->alloc(host, n_cells, sizeof(uint64_t));
        complete = complete && rule->choices.counts != NULL;
    }
    return complete ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static synrl_status rule_create(const synrl_host *host, const void *config, synrl_env *env,
                                void **self) {
    struct rule *rule = host->alloc(host, 1, sizeof *rule);
    if (rule == NULL) {
        return SYNRL_NO_MEMORY;
    }
    rule->host = host;
    rule->config = config;
    const size_t n_synapses = env->layout->n_synapses;
    synrl_status status = make_policy(rule);
    if (status == SYNRL_OK) {
        status = make_buffers(rule, n_synapses);
    }
    if (status == SYNRL_OK) {
        status = host->policy->memory_create(host, rule->policy->n_actions, rule->policy->n_rewards,
                                             n_synapses, &rule->memory);
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

/* The table, then the memory. */
static size_t table_size(const struct rule *rule) {
    return (size_t)rule->policy->n_reward_histories * rule->policy->n_action_histories * 3 *
           sizeof(double);
}

static size_t rule_state_size(const void *self) {
    const struct rule *rule = self;
    return table_size(rule) + rule->host->policy->memory_state_size(rule->memory);
}

static void rule_save(const void *self, void *state) {
    const struct rule *rule = self;
    memcpy(state, rule->policy->q, table_size(rule));
    rule->host->policy->memory_save(rule->memory, (char *)state + table_size(rule));
}

static synrl_status rule_load(void *self, const void *state, size_t size) {
    struct rule *rule = self;
    if (size != rule_state_size(rule)) {
        return rule->host->fail(rule->host, SYNRL_INVALID,
                                "a saved state of %zu bytes: must be %zu", size,
                                rule_state_size(rule));
    }
    SYNRL_TRY(rule->host->policy->memory_load(
        rule->host, rule->memory, (const char *)state + table_size(rule), size - table_size(rule)));
    memcpy(rule->policy->q, state, table_size(rule));
    return SYNRL_OK;
}

static const synrl_param params[] = {
    {.name = "memory",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, memory),
     .default_text = "2",
     .min = 0,
     .max = SYNRL_MEMORY_MAX,
     .meaning = "n: how many past actions and rewards a state holds"},
    {.name = "n_actions",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, n_actions),
     .default_text = "-1",
     .min = -1,
     .max = SYNRL_MEMORY_MAX,
     .meaning = "past actions alone; -1: as memory"},
    {.name = "n_rewards",
     .type = SYNRL_PARAM_INTEGER,
     .offset = offsetof(struct config, n_rewards),
     .default_text = "-1",
     .min = -1,
     .max = SYNRL_MEMORY_MAX,
     .meaning = "past rewards alone; -1: as memory"},
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
    {.name = "alpha_q",
     .type = SYNRL_PARAM_SCHEDULE,
     .offset = offsetof(struct config, alpha_q),
     .default_text = "0.01",
     .min = 0,
     .max = 1,
     .meaning = "Q-learning rate of Eq. 7"},
    {.name = "gamma",
     .type = SYNRL_PARAM_NUMBER,
     .offset = offsetof(struct config, gamma),
     .default_text = "0.9",
     .min = 0,
     .max = 1,
     .meaning = "discount of future reward"},
    {.name = "bias_scale",
     .type = SYNRL_PARAM_NUMBER,
     .offset = offsetof(struct config, bias_scale),
     .default_text = "1",
     .min = 0,
     .max = SYNRL_UNBOUNDED,
     .meaning = "a bias moves by this times alpha_s; 2 in the authors' code"},
    {.name = "sweep",
     .type = SYNRL_PARAM_CHOICE,
     .offset = offsetof(struct config, sweep),
     .default_text = "sequential",
     .choices = "synchronous|sequential",
     .meaning = "all synapses learn at once, or one after another in place as published"},
    {.name = "ties",
     .type = SYNRL_PARAM_CHOICE,
     .offset = offsetof(struct config, ties),
     .default_text = "first",
     .choices = SYNRL_TIES_CHOICES,
     .meaning = "which of equally good actions is greedy; first of -, 0, + as published"},
    {.name = "policy",
     .type = SYNRL_PARAM_POLICY,
     .offset = offsetof(struct config, policy),
     .default_text = "",
     .meaning = "a table to start from, with its memory; else all zero"},
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
    .id = "qlearning",
    .version = "1.0.0",
    .summary = "every synapse follows one policy that is Q-learned as it trains",
    .source = "Bhargava et al. 2021, Algorithm 1, Eqs. 2-7",
    SYNRL_PLUGIN_PARAMS(params, struct config),
    .ops = &ops,
};
