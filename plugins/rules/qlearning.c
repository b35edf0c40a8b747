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
 * last actions: by its cell, situation * 3 + action. All synapses of a cell share one target.
 * sweep = "synchronous": targets are taken from the table as it was before the iteration; then c
 * updates towards one fixed target have the closed form q <- target + (1 - alpha_q)^c (q -
 * target), and N synapses cost a histogram of 3^(n_actions + 1) counts. sweep = "sequential":
 * synapse after synapse in place, as the authors' code does it; a target then sees what earlier
 * synapses of the same iteration wrote.
 *
 * Beyond the paper, a state may hold local features (features.h). Those of s_{t+1} are seen in the
 * next iteration, and only then does the table learn from this one; a cell's target is the mean
 * over the features that its synapses came to see. What the last iteration taught is lost. */
#include "features.h"

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
    synrl_policy *policy;     /* Q, which learns */
    synrl_memory *memory;     /* w.s of every synapse: what it remembers, */
    struct features features; /* and what it sees */
    int8_t *actions;          /* w.a_t of every synapse */
    uint16_t *cells;          /* of every synapse; NULL where counts suffice */
    uint64_t *counts;         /* synchronous: [cells][features seen next] */
    double *targets;          /* synchronous: of cells, scratch */
    size_t n_cells, n_next;   /* n_next: 3^n_features */
    struct {
        uint32_t rewards; /* the reward history that the actions were taken in */
        int32_t reward;   /* 0: there is nothing to learn from yet */
    } last;
};

/* Learning ------------------------------------------------------------------------------------- */

/* R_t + gamma max_a' Q(s_{t+1}, a'), where s_{t+1} follows from the cell, what the synapse sees
 * now, and the new rewards. */
static double td_target(const struct rule *r, double gamma, size_t cell, size_t features) {
    const synrl_policy *policy = r->policy;
    const size_t n = policy->n_action_histories, situation = features * n + cell % n;
    const double *q =
        policy->q + ((size_t)r->memory->rewards * policy->n_situations + situation) * 3;
    return r->last.reward + gamma * fmax(q[0], fmax(q[1], q[2]));
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

/* How many synapses a cell has, and the mean of their targets. */
static uint64_t aim(const struct rule *r, double gamma, size_t cell, double *target) {
    const uint64_t *counts = r->counts + cell * r->n_next;
    const double first = td_target(r, gamma, cell, 0);
    double sum = 0.0; /* of differences: exactly 0 where there is one target */
    uint64_t n = 0;
    for (size_t features = 0; features < r->n_next; features++) {
        if (counts[features] > 0) {
            sum += (double)counts[features] * (td_target(r, gamma, cell, features) - first);
            n += counts[features];
        }
    }
    *target = n > 0 ? first + sum / (double)n : first;
    return n;
}

static void learn_synchronous(struct rule *r, double *q, double alpha_q, double gamma) {
    if (r->features.n > 0) {
        memset(r->counts, 0, r->n_cells * r->n_next * sizeof *r->counts);
        for (size_t i = 0; i < r->memory->n_synapses; i++) {
            r->counts[r->cells[i] * r->n_next + r->features.digits[i]]++;
        }
    }
    for (size_t cell = 0; cell < r->n_cells; cell++) {
        r->counts[cell] = aim(r, gamma, cell, &r->targets[cell]); /* those of cells to come stay */
    }
    for (size_t cell = 0; cell < r->n_cells; cell++) {
        if (r->counts[cell] > 0) {
            const double kept = power(1.0 - alpha_q, r->counts[cell]);
            q[cell] = r->targets[cell] + kept * (q[cell] - r->targets[cell]);
        }
    }
}

static void learn_sequential(struct rule *r, double *q, double alpha_q, double gamma) {
    for (size_t i = 0; i < r->memory->n_synapses; i++) {
        const size_t features = r->features.n > 0 ? r->features.digits[i] : 0;
        const uint16_t cell = r->cells[i];
        q[cell] += alpha_q * (td_target(r, gamma, cell, features) - q[cell]);
    }
}

/* Eq. 7 for every synapse, from the last step. */
static synrl_status learn(const struct config *c, struct rule *r, uint64_t iteration) {
    double *q = r->policy->q + (size_t)r->last.rewards * r->policy->n_situations * 3;
    double alpha_q;
    SYNRL_TRY(synrl_at(c->alpha_q, iteration, &alpha_q));
    if (c->sweep == SWEEP_SEQUENTIAL) {
        learn_sequential(r, q, alpha_q, c->gamma);
    } else {
        learn_synchronous(r, q, alpha_q, c->gamma);
    }
    return SYNRL_OK;
}

/* Running -------------------------------------------------------------------------------------- */

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    synrl_choose choose = {.size = sizeof choose,
                           .ties = (synrl_ties)c->ties,
                           .stream = synrl_action_stream(env),
                           .features = r->features.digits,
                           .actions = r->actions,
                           .choices = {r->cells == NULL ? r->counts : NULL, r->cells}};
    double alpha_s;
    const synrl_outcome *outcome;
    SYNRL_TRY(synrl_at(c->epsilon, env->iteration, &choose.epsilon));
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));

    SYNRL_TRY(features_measure(&c->credit, &r->features, env));
    if (r->features.n > 0 && r->last.reward != 0) {
        SYNRL_TRY(learn(c, r, env->iteration));
    }
    /* w.a_t <- pi(w.s_t) */
    r->last.rewards = r->memory->rewards;
    SYNRL_TRY(host->policy->choose(host, r->policy, r->memory, &choose));
    /* w <- w + w.a_t;  R_t <- sign(old-loss - new-loss) */
    SYNRL_TRY(env->step(env, r->actions, alpha_s, c->bias_scale, &outcome));
    /* Update each w.s with the new global reward R_t */
    r->last.reward = outcome->reward;
    host->policy->observe(r->memory, outcome->reward);
    /* Train-Policy */
    return r->features.n > 0 ? SYNRL_OK : learn(c, r, env->iteration);
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
    r->n_cells = (size_t)r->policy->n_situations * 3;
    r->n_next = r->policy->n_situations / r->policy->n_action_histories;
    if (c->sweep == SWEEP_SEQUENTIAL || r->features.n > 0) {
        SYNRL_TRY(SYNRL_NEW(host, r->cells, n_synapses));
    }
    if (c->sweep == SWEEP_SEQUENTIAL) {
        return SYNRL_OK;
    }
    SYNRL_TRY(SYNRL_NEW(host, r->targets, r->n_cells));
    return SYNRL_NEW(host, r->counts, r->n_cells * r->n_next);
}

static const synrl_policy *policy(const synrl_host *host, const void *config, void *self) {
    return ((const struct rule *)self)->policy;
}

/* What is still to be learnt from: only with features. */
static synrl_status last_state(const synrl_host *host, struct rule *r, synrl_state *state) {
    const size_t n_synapses = r->memory->n_synapses;
    SYNRL_TRY(SYNRL_STATE_FIELD(state, r->last));
    SYNRL_TRY(SYNRL_STATE_ARRAY(state, r->cells, n_synapses));
    bool is_sound = r->last.rewards < r->policy->n_reward_histories;
    for (size_t i = 0; i < n_synapses; i++) {
        is_sound = is_sound && r->cells[i] < r->n_cells;
    }
    return is_sound
               ? SYNRL_OK
               : host->fail(host, SYNRL_INVALID, "a saved state that does not exist in the table");
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    SYNRL_TRY(state->policy(state, r->policy));
    SYNRL_TRY(state->memory(state, r->memory));
    SYNRL_TRY(features_state(&r->features, state));
    return r->features.n > 0 ? last_state(host, r, state) : SYNRL_OK;
}

/* Rewards suffice where a state holds no features. */
static uint32_t traits_with(const synrl_host *host, const void *config) {
    const struct config *c = config;
    const size_t n_features = c->policy != NULL ? c->policy->n_features : c->features.n;
    return n_features > 0 ? SYNRL_RULE_READS_MORE : 0;
}

SYNRL_RULE(qlearning, "1.0.0", "every synapse follows one policy that is Q-learned as it trains",
           "Bhargava et al. 2021, Algorithm 1, Eqs. 2-7", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE, .create = create, .step = step, .policy = policy,
           .state = state, .traits_with = traits_with);
