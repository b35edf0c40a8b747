/* SPDX-License-Identifier: MIT */
/* Node perturbation: what chance did to a unit, times what that changed, is its slope.
 *
 * Every unit of every sample is moved by sigma xi, xi = -1 or +1 at random, and each sample answers
 * with a number, by how much its own loss changed. With x_i what a synapse saw, over the N samples:
 *
 *     g_ij = 1/N sum_s (L~_s - L_s) / sigma xi_sj x_si      on average dL/dw_ij, L the mean of L_s
 *     v <- momentum v + g,   w <- w - alpha v
 *
 * The average of xi_sj xi_sk is 0 for any other unit k, so that only the slope of the unit itself
 * is left, up to terms in sigma^2. Only forward passes, no derivative. Werfel, Xie and Seung,
 * "Learning curves for stochastic gradient descent in linear feedforward networks", 2005, have
 * Gaussian noise; signs have the same mean and variance. */
#include <synrl/rule.h>

struct config {
    const synrl_schedule *alpha, *sigma;
    double momentum;
    bool centred, active;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha, "0.1", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "learning rate"),
    SYNRL_SCHEDULE(sigma, "0.03", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far noise moves a unit"),
    SYNRL_NUMBER(momentum, "0", 0, 1, "what is left of v from one iteration to the next"),
    SYNRL_BOOLEAN(centred, "false", "inputs less their mean over the batch"),
    SYNRL_BOOLEAN(active, "false", "only samples in which a unit is not 0; not for `step` units"),
};

struct rule {
    int64_t *clean, *noisy; /* [n_samples] L_s, L~_s in units of 2^-32 */
    float *slopes;          /* [n_blocks][SYNRL_LANES] (L~_s - L_s) / sigma, and zeros */
    int8_t *xi;             /* in lanes */
    float *signal;          /* in lanes */
    double *credit;         /* [n_synapses] */
    float *velocity, *move; /* [n_synapses] */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    const size_t n_blocks = env->local->n_blocks(env), n = env->layout->n_synapses;
    const size_t n_values = n_blocks * env->local->n_units(env) * SYNRL_LANES;
    SYNRL_TRY(SYNRL_NEW(host, r->clean, env->n_samples));
    SYNRL_TRY(SYNRL_NEW(host, r->noisy, env->n_samples));
    SYNRL_TRY(SYNRL_NEW(host, r->slopes, n_blocks * SYNRL_LANES));
    SYNRL_TRY(SYNRL_NEW(host, r->xi, n_values));
    SYNRL_TRY(SYNRL_NEW(host, r->signal, n_values));
    SYNRL_TRY(SYNRL_NEW(host, r->credit, n));
    SYNRL_TRY(SYNRL_NEW(host, r->velocity, n));
    return SYNRL_NEW(host, r->move, n);
}

/* signal = xi (L~ - L) / sigma. A sample whose loss is not finite says nothing. */
static synrl_status measure(struct rule *r, synrl_env *env, double sigma) {
    const size_t n_rows = env->local->n_blocks(env) * env->local->n_units(env);
    double loss;
    SYNRL_TRY(env->local->sample_losses(env, r->clean));
    SYNRL_TRY(env->local->perturb(env, 0, sigma, &loss));
    SYNRL_TRY(env->local->sample_losses(env, r->noisy));
    SYNRL_TRY(env->local->noise(env, 0, r->xi));
    for (size_t s = 0; s < env->n_samples; s++) {
        const bool is_finite = r->clean[s] != INT64_MAX && r->noisy[s] != INT64_MAX;
        const double change = ((double)r->noisy[s] - (double)r->clean[s]) * SYNRL_TERM_UNIT;
        r->slopes[s] = is_finite ? (float)(change / sigma) : 0.0F;
    }
    for (size_t row = 0; row < n_rows; row++) {
        const float *slopes = r->slopes + row / env->local->n_units(env) * SYNRL_LANES;
        for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
            const size_t at = row * SYNRL_LANES + lane;
            r->signal[at] = (float)r->xi[at] * slopes[lane];
        }
    }
    return SYNRL_OK;
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    double alpha, sigma;
    SYNRL_TRY(synrl_at(c->alpha, env->iteration, &alpha));
    SYNRL_TRY(synrl_at(c->sigma, env->iteration, &sigma));
    SYNRL_TRY(measure(r, env, sigma));
    const synrl_signal signal = {
        sizeof signal, (c->centred ? SYNRL_CENTRED : 0U) | (c->active ? SYNRL_WHERE_ACTIVE : 0U),
        .floats = r->signal};
    SYNRL_TRY(env->local->correlate(env, &signal, r->credit));
    for (size_t i = 0; i < env->layout->n_synapses; i++) {
        const double g = r->credit[i] / (double)env->n_samples;
        r->velocity[i] = (float)(c->momentum * (double)r->velocity[i] + g);
        r->move[i] = (float)(-alpha * (double)r->velocity[i]);
    }
    return env->shift(env, r->move);
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    return SYNRL_STATE_ARRAY(state, r->velocity, state->n_synapses);
}

SYNRL_RULE(node_perturb, "1.0.0", "noise at the units, paid by each sample's change of loss",
           "Werfel, Xie and Seung 2005", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE, .create = create, .step = step, .state = state);
