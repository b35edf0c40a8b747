/* SPDX-License-Identifier: MIT */
/* Q-learned synaptic policy: Algorithm 1 with Train-Policy on.
 *
 * Every synapse is an agent that follows one shared, epsilon-greedy policy, and after each reward
 * the table learns from all of them by temporal differences. Bhargava, Rezaei and Lankarany 2021,
 * Eq. 7 (whose printed parenthesis is misplaced; this is the standard update):
 *
 *     Q(s_t, a_t) <- Q(s_t, a_t) + alpha_q [ R_t + gamma max_a' Q(s_{t+1}, a') - Q(s_t, a_t) ]
 *
 * All synapses learn one table; learning.h says how, and what `sweep` means.
 *
 * Beyond the paper, a state may hold local features (features.h). Those of s_{t+1} are seen in the
 * next iteration, and only then does the table learn from this one. What the last iteration taught
 * is lost. */
#include "features.h"
#include "qlearning/learning.h"

enum { SWEEP_SYNCHRONOUS, SWEEP_SEQUENTIAL };

struct config {
    const synrl_policy *policy;
    const synrl_schedule *epsilon, *alpha_s, *alpha_q;
    double gamma, bias_scale;
    int64_t memory, n_actions, n_rewards;
    int32_t sweep, ties;
    synrl_integers features;
    struct credit_config credit;
};

static const synrl_param params[] = {
    SYNRL_INTEGER(memory, "2", 0, SYNRL_MEMORY_MAX,
                  "n: how many past actions and rewards a state holds"),
    SYNRL_INTEGER(n_actions, "-1", -1, SYNRL_MEMORY_MAX, "only past actions; -1: as memory"),
    SYNRL_INTEGER(n_rewards, "-1", -1, SYNRL_MEMORY_MAX, "only past rewards; -1: as memory"),
    SYNRL_CHOICES(features, SYNRL_OPTIONAL, FEATURE_WORDS,
                  "what a state holds besides: the sign of the synapse's credit, the activity of "
                  "what it reads and drives"),
    SYNRL_SCHEDULE(epsilon, "0.25", 0, 1, "probability of a uniformly random action"),
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED,
                   "synaptic learning rate: how far one action moves a weight"),
    SYNRL_SCHEDULE(alpha_q, "0.01", 0, 1, "Q-learning rate of Eq. 7"),
    SYNRL_NUMBER(gamma, "0.9", 0, 1, "discount of future reward"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED,
                 "a bias moves by this times alpha_s; 2 in the authors' code"),
    SYNRL_CHOICE(sweep, "sequential", "synchronous|sequential",
                 "all synapses learn at once, or one after another in place as published"),
    SYNRL_CHOICE(ties, "first", SYNRL_TIES_CHOICES,
                 "which of equally good actions is greedy; first of -, 0, + as published"),
    SYNRL_POLICY(policy, SYNRL_OPTIONAL,
                 "a table to start from, with its memory and features; else all zero"),
    CREDIT_PARAMS,
};

struct rule {
    synrl_policy *policy;
    synrl_memory *memory;     /* w.s of every synapse: what it remembers, */
    struct features features; /* and what it sees */
    int8_t *actions;          /* w.a_t of every synapse */
    struct learning learning;
};

/* Running -------------------------------------------------------------------------------------- */

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    synrl_choose choose = {.size = sizeof choose,
                           .ties = (synrl_ties)c->ties,
                           .stream = synrl_action_stream(env),
                           .features = r->features.digits,
                           .actions = r->actions};
    double alpha_s, alpha_q;
    const synrl_outcome *outcome;
    SYNRL_TRY(synrl_at(c->epsilon, env->iteration, &choose.epsilon));
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    SYNRL_TRY(synrl_at(c->alpha_q, env->iteration, &alpha_q));

    SYNRL_TRY(features_measure(&c->credit, &r->features, env));
    if (r->features.n > 0 && r->learning.last.reward != 0) {
        learning_run(&r->learning, alpha_q, c->gamma);
    }
    /* w.a_t <- pi(w.s_t) */
    learning_note(&r->learning, &choose);
    SYNRL_TRY(host->policy->choose(host, r->policy, r->memory, &choose));
    /* w <- w + w.a_t;  R_t <- sign(old-loss - new-loss) */
    SYNRL_TRY(env->step(env, r->actions, alpha_s, c->bias_scale, &outcome));
    /* Update each w.s with the new global reward R_t */
    r->learning.last.reward = outcome->reward;
    host->policy->observe(r->memory, outcome->reward);
    /* Train-Policy */
    if (r->features.n == 0) {
        learning_run(&r->learning, alpha_q, c->gamma);
    }
    return SYNRL_OK;
}

/* Making --------------------------------------------------------------------------------------- */

static synrl_status make_policy(const synrl_host *host, const struct config *c,
                                synrl_policy **policy) {
    const char *names[SYNRL_MEMORY_MAX];
    const int64_t n_actions = c->n_actions >= 0 ? c->n_actions : c->memory;
    const int64_t n_rewards = c->n_rewards >= 0 ? c->n_rewards : c->memory;
    if (c->policy != NULL && c->features.n > 0) {
        return host->fail(host, SYNRL_INVALID,
                          "features and a policy, which has its own: must be one of the two");
    }
    if (c->policy != NULL) {
        return host->policy->copy(host, c->policy, policy);
    }
    SYNRL_TRY(host->policy->create(host, (uint32_t)n_actions, (uint32_t)n_rewards,
                                   (uint32_t)c->features.n, policy));
    for (size_t k = 0; k < c->features.n; k++) {
        names[k] = feature_names[c->features.items[k]];
    }
    return host->policy->name_features(host, *policy, names);
}

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const size_t n_synapses = env->layout->n_synapses;
    SYNRL_TRY(make_policy(host, c, &r->policy));
    SYNRL_TRY(host->policy->memory_create(host, r->policy, n_synapses, &r->memory));
    SYNRL_TRY(features_create(host, r->policy, env, &r->features));
    SYNRL_TRY(SYNRL_NEW(host, r->actions, n_synapses));
    r->learning = (struct learning){.policy = r->policy,
                                    .memory = r->memory,
                                    .digits = r->features.digits,
                                    .is_sequential = c->sweep == SWEEP_SEQUENTIAL};
    return learning_create(host, &r->learning);
}

static const synrl_policy *policy(const synrl_host *host, const void *config, void *self) {
    return ((const struct rule *)self)->policy;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    SYNRL_TRY(state->policy(state, r->policy));
    SYNRL_TRY(state->memory(state, r->memory));
    SYNRL_TRY(features_state(&r->features, state));
    return learning_state(host, &r->learning, state);
}

static uint32_t traits_with(const synrl_host *host, const void *config) {
    const struct config *c = config;
    return features_traits(c->policy != NULL ? c->policy->n_features : c->features.n);
}

SYNRL_RULE(qlearning, "1.0.0", "every synapse follows one policy that is Q-learned as it trains",
           "Bhargava et al. 2021, Algorithm 1, Eqs. 2-7", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE, .create = create, .step = step, .policy = policy,
           .state = state, .traits_with = traits_with);
