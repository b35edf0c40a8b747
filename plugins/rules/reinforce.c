/* SPDX-License-Identifier: MIT */
/* REINFORCE with stochastic units: what is rewarded more than usual becomes more probable.
 *
 * Every unit j of every sample s fires, y_sj = 1, with the probability p_sj = sigmoid(z_sj) that a
 * `sigmoid` activation gives, else y_sj = 0; the outputs too. The sample's reward is R_s = -L_s,
 * its own loss of what came of that. With x_i what a synapse saw, over the N samples:
 *
 *     g_ij = 1/N sum_s (R_s - b) (y_sj - p_sj) x_si    on average the slope of the mean R_s
 *     v <- momentum v + g,   w <- w + alpha v
 *
 * (y - p) x is the slope of ln P(y) in w. b is the running mean of the rewards before this
 * iteration, b <- decay b + (1 - decay) mean R, and at first that of its own. One pass, no
 * derivative. Williams, "Simple statistical gradient-following algorithms for connectionist
 * reinforcement learning", 1992, sections 4 and 6. */
#include <synrl/rule.h>

struct config {
    const synrl_schedule *alpha;
    double decay, momentum;
    bool centred;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha, "1", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "learning rate"),
    SYNRL_NUMBER(decay, "0.9", 0, 1, "what is left of b from one iteration to the next"),
    SYNRL_NUMBER(momentum, "0", 0, 1, "what is left of v from one iteration to the next"),
    SYNRL_BOOLEAN(centred, "false", "inputs less their mean over the batch"),
};

struct rule {
    size_t n_synapses, n_units, n_blocks;
    double b;
    uint64_t n_means;       /* that b is made of */
    int64_t *terms;         /* [n_samples]: L_s in units of 2^-32 */
    float *signal;          /* [n_blocks][n_units][SYNRL_LANES]: R - b of the sample */
    double *credit;         /* [n_synapses] */
    float *velocity, *move; /* [n_synapses] */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    r->n_synapses = env->layout->n_synapses;
    r->n_units = env->local->n_units(env);
    r->n_blocks = env->local->n_blocks(env);
    SYNRL_TRY(SYNRL_NEW(host, r->terms, env->n_samples));
    SYNRL_TRY(SYNRL_NEW(host, r->signal, r->n_blocks * r->n_units * SYNRL_LANES));
    SYNRL_TRY(SYNRL_NEW(host, r->credit, r->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, r->velocity, r->n_synapses));
    return SYNRL_NEW(host, r->move, r->n_synapses);
}

/* A sample whose loss is not finite has no reward. */
static double reward_of(const struct rule *r, size_t s, double none) {
    return r->terms[s] != INT64_MAX ? -(double)r->terms[s] * SYNRL_TERM_UNIT : none;
}

/* The running mean as it was before these rewards; their own where there was none. */
static double baseline(const struct config *c, struct rule *r, size_t n) {
    double sum = 0.0, n_finite = 0.0;
    for (size_t s = 0; s < n; s++) {
        sum += reward_of(r, s, 0.0);
        n_finite += r->terms[s] != INT64_MAX;
    }
    const double mean = n_finite > 0.0 ? sum / n_finite : 0.0;
    const double b = r->n_means++ > 0 ? r->b : mean;
    r->b = c->decay * b + (1.0 - c->decay) * mean;
    return b;
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    double alpha;
    SYNRL_TRY(synrl_at(c->alpha, env->iteration, &alpha));
    SYNRL_TRY(env->local->fire(env, 0, NULL));
    SYNRL_TRY(env->local->sample_losses(env, r->terms));
    const double b = baseline(c, r, env->n_samples);
    for (size_t s = 0; s < env->n_samples; s++) {
        float *lane = r->signal + s / SYNRL_LANES * r->n_units * SYNRL_LANES + s % SYNRL_LANES;
        for (size_t u = 0; u < r->n_units; u++) {
            lane[u * SYNRL_LANES] = (float)(reward_of(r, s, b) - b);
        }
    }
    const synrl_signal signal = {
        sizeof signal, SYNRL_WHERE_FIRED | (c->centred ? SYNRL_CENTRED : 0U), .floats = r->signal};
    SYNRL_TRY(env->local->correlate(env, &signal, r->credit));
    for (size_t i = 0; i < r->n_synapses; i++) {
        const double g = r->credit[i] / (double)env->n_samples;
        r->velocity[i] = (float)(c->momentum * (double)r->velocity[i] + g);
        r->move[i] = (float)(alpha * (double)r->velocity[i]);
    }
    return env->shift(env, r->move);
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    SYNRL_TRY(SYNRL_STATE_FIELD(state, r->b));
    SYNRL_TRY(SYNRL_STATE_FIELD(state, r->n_means));
    return SYNRL_STATE_ARRAY(state, r->velocity, r->n_synapses);
}

SYNRL_RULE(reinforce, "1.0.0", "stochastic units: what is rewarded more than usual, more often",
           "Williams 1992", SYNRL_PARAMS(params), struct rule, .traits = SYNRL_RULE_READS_MORE,
           .create = create, .step = step, .state = state);
