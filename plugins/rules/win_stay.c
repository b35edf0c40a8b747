/* SPDX-License-Identifier: MIT */
/* Win-stay, lose-reverse: a policy of memory 1 that needs no learning.
 *
 *     a_t = a_{t-1}   after a reward of +1
 *     a_t = -a_{t-1}  after a reward of -1
 *     a_t = 0         before the first reward
 *
 * and with probability epsilon a uniformly random action, as in Eq. 6 of Bhargava et al. 2021. It
 * is a table like any other, which nobody has to find. Win-stay, lose-shift: Robbins, "Some aspects
 * of the sequential design of experiments", 1952. */
#include <synrl/rule.h>

struct config {
    const synrl_schedule *epsilon, *alpha_s;
    double bias_scale;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(epsilon, "0.1", 0, 1, "probability of a uniformly random action"),
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED,
                   "synaptic learning rate: how far one action moves a weight"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED, "a bias moves by this times alpha_s"),
};

struct rule {
    synrl_policy *policy;
    synrl_memory *memory; /* w.s of every synapse: its last action, the last reward */
    int8_t *actions;      /* w.a_t of every synapse */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    const size_t n_synapses = env->layout->n_synapses;
    SYNRL_TRY(host->policy->create(host, 1, 1, 0, &r->policy));
    for (int reward = -1; reward <= 1; reward++) { /* 0: none yet */
        for (int last = -1; last <= 1; last++) {
            const int state = (reward + 1) * 3 + last + 1, action = reward * last;
            r->policy->q[state * 3 + action + 1] = 1.0; /* and 0 for the other two */
        }
    }
    SYNRL_TRY(host->policy->memory_create(host, r->policy, n_synapses, &r->memory));
    return SYNRL_NEW(host, r->actions, n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    synrl_choose choose = {
        .size = sizeof choose, .stream = synrl_action_stream(env), .actions = r->actions};
    double alpha_s;
    const synrl_outcome *outcome;
    SYNRL_TRY(synrl_at(c->epsilon, env->iteration, &choose.epsilon));
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));

    SYNRL_TRY(host->policy->choose(host, r->policy, r->memory, &choose));
    SYNRL_TRY(env->step(env, r->actions, alpha_s, c->bias_scale, &outcome));
    host->policy->observe(r->memory, outcome->reward);
    return SYNRL_OK;
}

static const synrl_policy *policy(const synrl_host *host, const void *config, void *self) {
    return ((const struct rule *)self)->policy;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    return state->memory(state, ((struct rule *)self)->memory);
}

SYNRL_RULE(win_stay, "1.0.0",
           "win-stay, lose-reverse: repeat a rewarded action, reverse a punished one",
           "Robbins 1952; as a synaptic policy of memory 1 in Eq. 6 of Bhargava et al. 2021",
           SYNRL_PARAMS(params), struct rule, .create = create, .step = step, .policy = policy,
           .state = state);
