/* SPDX-License-Identifier: MIT */
/* Static synaptic policy, Algorithm 1 with Train-Policy off: every synapse follows the same frozen
 * policy pi(s_t), epsilon-greedy, which may have local features. Bhargava, Rezaei and Lankarany
 * 2021, sections 2.2 and 2.3. */
#include "features.h"

struct config {
    const synrl_policy *policy;
    const synrl_schedule *epsilon, *alpha_s;
    double bias_scale;
    int32_t ties;
    struct credit_config credit;
};

static const synrl_param params[] = {
    SYNRL_POLICY(policy, SYNRL_REQUIRED, "the frozen table that every synapse follows"),
    SYNRL_SCHEDULE(epsilon, "0.25", 0, 1, "probability of a uniformly random action"),
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED,
                   "synaptic learning rate: how far one action moves a weight"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED,
                 "a bias moves by this times alpha_s; 2 in the authors' code"),
    SYNRL_CHOICE(ties, "first", SYNRL_TIES_CHOICES,
                 "which of equally good actions is greedy; first of -, 0, + as published"),
    CREDIT_PARAMS,
};

struct rule {
    synrl_memory *memory;     /* w.s of every synapse: what it remembers, */
    struct features features; /* and what it sees */
    int8_t *actions;          /* w.a_t of every synapse */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const synrl_policy *policy = ((const struct config *)config)->policy;
    struct rule *r = self;
    SYNRL_TRY(host->policy->memory_create(host, policy, env->layout->n_synapses, &r->memory));
    SYNRL_TRY(features_create(host, policy, env, &r->features));
    return SYNRL_NEW(host, r->actions, env->layout->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    synrl_choose choose = {.size = sizeof choose,
                           .ties = (synrl_ties)c->ties,
                           .stream = synrl_action_stream(env),
                           .features = r->features.digits,
                           .actions = r->actions};
    double alpha_s;
    const synrl_outcome *outcome;
    SYNRL_TRY(synrl_at(c->epsilon, env->iteration, &choose.epsilon));
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    /* w.a_t <- pi(w.s_t) */
    SYNRL_TRY(features_measure(&c->credit, &r->features, env));
    SYNRL_TRY(host->policy->choose(host, c->policy, r->memory, &choose));
    /* w <- w + w.a_t;  R_t <- sign(old-loss - new-loss) */
    SYNRL_TRY(env->step(env, r->actions, alpha_s, c->bias_scale, &outcome));
    /* Update each w.s with the new global reward R_t */
    host->policy->observe(r->memory, outcome->reward);
    return SYNRL_OK;
}

static const synrl_policy *policy(const synrl_host *host, const void *config, void *self) {
    return ((const struct config *)config)->policy;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    SYNRL_TRY(features_state(&((const struct rule *)self)->features, state));
    return state->memory(state, ((const struct rule *)self)->memory);
}

static uint32_t traits_with(const synrl_host *host, const void *config) {
    return features_traits(((const struct config *)config)->policy->n_features);
}

SYNRL_RULE(static, "1.0.0", "every synapse follows one frozen policy",
           "Bhargava et al. 2021, Algorithm 1 without Train-Policy, Eq. 6", SYNRL_PARAMS(params),
           struct rule, .traits = SYNRL_RULE_READS_MORE, .create = create, .step = step,
           .policy = policy, .state = state, .traits_with = traits_with);
