/* SPDX-License-Identifier: MIT */
/* Q-learned synaptic policy: Algorithm 1 with Train-Policy on.
 *
 * Every synapse is an agent that follows one shared, epsilon-greedy policy, and after each reward
 * the table learns from all of them by temporal differences. Bhargava, Rezaei and Lankarany 2021,
 * Eq. 7 (whose printed parenthesis is misplaced; this is the standard update):
 *
 *     Q(s_t, a_t) <- Q(s_t, a_t) + alpha_q [ R_t + gamma max_a' Q(s_{t+1}, a') - Q(s_t, a_t) ]
 *
 * The reward is global, so at one iteration a synapse's state and action follow from its own
 * last actions: by its cell, action history * 3 + action. All synapses of a cell share one
 * target. sweep = "synchronous": targets are taken from the table as it was before the iteration;
 * then c updates towards one fixed target have the closed form q <- target + (1 - alpha_q)^c (q -
 * target), and N synapses cost a histogram of 3^(n_actions + 1) counts. sweep = "sequential":
 * synapse after synapse in place, as the authors' code does it; a target then sees what earlier
 * synapses of the same iteration wrote. */
#include <math.h>

#include <synrl/rule.h>

enum { SWEEP_SYNCHRONOUS, SWEEP_SEQUENTIAL };

struct config {
    const synrl_policy *policy;
    const synrl_schedule *epsilon, *alpha_s, *alpha_q;
    double gamma, bias_scale;
    int64_t memory, n_actions, n_rewards;
    int32_t sweep, ties;
};

static const synrl_param params[] = {
    SYNRL_INTEGER(memory, "2", 0, SYNRL_MEMORY_MAX,
                  "n: how many past actions and rewards a state holds"),
    SYNRL_INTEGER(n_actions, "-1", -1, SYNRL_MEMORY_MAX, "only past actions; -1: as memory"),
    SYNRL_INTEGER(n_rewards, "-1", -1, SYNRL_MEMORY_MAX, "only past rewards; -1: as memory"),
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
    SYNRL_POLICY(policy, SYNRL_OPTIONAL, "a table to start from, with its memory; else all zero"),
};

struct rule {
    synrl_policy *policy;  /* Q, which learns */
    synrl_memory *memory;  /* w.s of every synapse */
    int8_t *actions;       /* w.a_t of every synapse */
    synrl_choices choices; /* counts of cells, or the cell of each synapse, by the sweep */
    double *targets;       /* of cells, scratch */
};

/* R_t + gamma max_a' Q(s_{t+1}, a'), where s_{t+1} follows from the cell and the new rewards. */
static double td_target(const struct rule *r, double gamma, uint32_t cell, int reward) {
    const synrl_policy *policy = r->policy;
    const uint32_t next_history = cell % policy->n_action_histories;
    const double *q =
        policy->q + ((size_t)r->memory->rewards * policy->n_action_histories + next_history) * 3;
    return reward + gamma * fmax(q[0], fmax(q[1], q[2]));
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

/* Eq. 7 for every synapse; q [cells] is of the reward history that the actions were taken in. */
static void learn_synchronous(struct rule *r, double *q, double alpha_q, double gamma, int reward) {
    const uint32_t n_cells = r->policy->n_action_histories * 3;
    for (uint32_t cell = 0; cell < n_cells; cell++) {
        r->targets[cell] = td_target(r, gamma, cell, reward);
    }
    for (uint32_t cell = 0; cell < n_cells; cell++) {
        if (r->choices.counts[cell] > 0) {
            const double kept = power(1.0 - alpha_q, r->choices.counts[cell]);
            q[cell] = r->targets[cell] + kept * (q[cell] - r->targets[cell]);
        }
    }
}

static void learn_sequential(struct rule *r, double *q, double alpha_q, double gamma, int reward) {
    for (size_t i = 0; i < r->memory->n_synapses; i++) {
        const uint32_t cell = r->choices.cells[i];
        q[cell] += alpha_q * (td_target(r, gamma, cell, reward) - q[cell]);
    }
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    synrl_choose choose = {.size = sizeof choose,
                           .ties = (synrl_ties)c->ties,
                           .stream = synrl_action_stream(env),
                           .actions = r->actions,
                           .choices = r->choices};
    double alpha_s, alpha_q;
    const synrl_outcome *outcome;
    SYNRL_TRY(synrl_at(c->epsilon, env->iteration, &choose.epsilon));
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    SYNRL_TRY(synrl_at(c->alpha_q, env->iteration, &alpha_q));

    /* w.a_t <- pi(w.s_t) */
    double *q = r->policy->q + (size_t)r->memory->rewards * r->policy->n_action_histories * 3;
    SYNRL_TRY(host->policy->choose(host, r->policy, r->memory, &choose));
    /* w <- w + w.a_t;  R_t <- sign(old-loss - new-loss) */
    SYNRL_TRY(env->step(env, r->actions, alpha_s, c->bias_scale, &outcome));
    /* Update each w.s with the new global reward R_t */
    host->policy->observe(r->memory, outcome->reward);
    /* Train-Policy */
    if (c->sweep == SWEEP_SEQUENTIAL) {
        learn_sequential(r, q, alpha_q, c->gamma, outcome->reward);
    } else {
        learn_synchronous(r, q, alpha_q, c->gamma, outcome->reward);
    }
    return SYNRL_OK;
}

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const size_t n_synapses = env->layout->n_synapses;
    if (c->policy != NULL) {
        SYNRL_TRY(host->policy->copy(host, c->policy, &r->policy));
    } else {
        const int64_t n_actions = c->n_actions >= 0 ? c->n_actions : c->memory;
        const int64_t n_rewards = c->n_rewards >= 0 ? c->n_rewards : c->memory;
        SYNRL_TRY(
            host->policy->create(host, (uint32_t)n_actions, (uint32_t)n_rewards, 0, &r->policy));
    }
    SYNRL_TRY(host->policy->memory_create(host, r->policy, n_synapses, &r->memory));
    SYNRL_TRY(SYNRL_NEW(host, r->actions, n_synapses));
    if (c->sweep == SWEEP_SEQUENTIAL) {
        return SYNRL_NEW(host, r->choices.cells, n_synapses);
    }
    SYNRL_TRY(SYNRL_NEW(host, r->targets, r->policy->n_action_histories * 3));
    return SYNRL_NEW(host, r->choices.counts, r->policy->n_action_histories * 3);
}

static const synrl_policy *policy(const synrl_host *host, const void *config, void *self) {
    return ((const struct rule *)self)->policy;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    SYNRL_TRY(state->policy(state, r->policy));
    return state->memory(state, r->memory);
}

SYNRL_RULE(qlearning, "1.0.0", "every synapse follows one policy that is Q-learned as it trains",
           "Bhargava et al. 2021, Algorithm 1, Eqs. 2-7", SYNRL_PARAMS(params), struct rule,
           .create = create, .step = step, .policy = policy, .state = state);
