/* SPDX-License-Identifier: MIT */
/* Three factors: what a synapse saw, what chance did to its unit, and what that was worth.
 *
 * Every unit of every sample is moved by sigma xi, xi = -1 or +1 at random, and each sample answers
 * with one bit: did its own loss fall (r = +1) or rise (-1)? The synapse from i to j correlates the
 * three over the samples s, and acts on the sign:
 *
 *     c_ij = sum_s x_si xi_sj r_s,   a_ij = sign(c_ij),   w <- w + alpha_s a
 *
 * Only forward passes, only ternary actions, no derivative: node perturbation (Werfel, Xie and
 * Seung, "Learning curves for stochastic gradient descent in linear feedforward networks", 2005)
 * reduced to signs. Train with reward = "sample"; let alpha_s fall geometrically. */
#include <synrl/rule.h>

/* 1. Parameters: a field, and a row that names it. */
struct config {
    const synrl_schedule *alpha_s, *sigma;
};
#define SYNRL_CONFIG struct config

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha_s, "0.01", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far an action moves w"),
    SYNRL_SCHEDULE(sigma, "0.03", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far noise moves a unit"),
};

/* 2. The instance: scratch. The rule remembers nothing. */
struct rule {
    int8_t *actions, *rewards; /* [n_synapses], [n_samples] */
    int8_t *signal;            /* [n_blocks][n_units][SYNRL_LANES]: xi, then xi r */
    double *credit;            /* [n_synapses] */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    const size_t n_values = env->local->n_blocks(env) * env->local->n_units(env) * SYNRL_LANES;
    SYNRL_TRY(SYNRL_NEW(host, r->actions, env->layout->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, r->rewards, env->n_samples));
    SYNRL_TRY(SYNRL_NEW(host, r->signal, n_values));
    return SYNRL_NEW(host, r->credit, env->layout->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const size_t n_units = env->local->n_units(env);
    const synrl_outcome *outcome;
    double alpha_s, sigma, loss;
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    SYNRL_TRY(synrl_at(c->sigma, env->iteration, &sigma));

    SYNRL_TRY(env->local->perturb(env, 0, sigma, &loss));
    SYNRL_TRY(env->local->noise(env, 0, r->signal));
    SYNRL_TRY(env->local->rewards(env, r->rewards));
    /* 3. Values of units come in lanes: SYNRL_LANES samples side by side. */
    for (size_t s = 0; s < env->n_samples; s++) {
        int8_t *xi = r->signal + s / SYNRL_LANES * n_units * SYNRL_LANES + s % SYNRL_LANES;
        for (size_t u = 0; u < n_units; u++, xi += SYNRL_LANES) {
            *xi = (int8_t)(*xi * r->rewards[s]);
        }
    }
    /* 4. Of a relu only samples in which it is on; inputs less their mean. */
    const synrl_signal signal = {sizeof signal, .flags = SYNRL_WHERE_ACTIVE | SYNRL_CENTRED,
                                 .bytes = r->signal};
    SYNRL_TRY(env->local->correlate(env, &signal, r->credit));
    for (size_t i = 0; i < env->layout->n_synapses; i++) {
        r->actions[i] = (int8_t)((r->credit[i] > 0.0) - (r->credit[i] < 0.0));
    }
    return env->step(env, r->actions, alpha_s, 1.0, &outcome);
}

/* 5. It reads local information, and needs no `state`: both are said here. */
SYNRL_RULE(three_factor, "1.0.0", "one bit per sample: presynaptic activity x noise x reward",
           "node perturbation by signs; Werfel, Xie and Seung 2005", SYNRL_PARAMS(params),
           struct rule, .traits = SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS, .create = create,
           .step = step);
