/* SPDX-License-Identifier: MIT */
/* Three factors: what a synapse saw, what chance did to its unit, and what that was worth.
 *
 * Every unit of every sample is moved by sigma xi, xi = -1 or +1 at random, and each sample, or
 * group of samples (`reward` of synrl.train), reports what that did to its own loss: d = L(moved) -
 * L. The synapse from i to j correlates the three over the samples s, and acts on the sign:
 *
 *     c_ij <- momentum c_ij + sum_s x_si xi_sj r_s,   a_ij = sign(c_ij),   w <- w + alpha_s a
 *
 *     pay = "bit"     r = -sign(d)
 *     pay = "trit"    the same, but 0 where L is below `gate` already: what is right learns no more
 *     pay = "graded"  r = -d, in whole eighths of the mean |d|, at most 127 of them
 *
 * Only forward passes and ternary actions, no derivative: node perturbation (Werfel, Xie and Seung,
 * "Learning curves for stochastic gradient descent in linear feedforward networks", 2005) reduced
 * to signs. The gate is that of the Tsetlin machine (Granmo 2018). */
#include <math.h>

#include <synrl/rule.h>

enum pay { BIT, TRIT, GRADED };
enum { EIGHTHS_MAX = 127 };

struct config {
    const synrl_schedule *alpha_s, *sigma;
    double bias_scale, momentum, gate;
    int32_t pay;
    bool centred;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha_s, "0.01", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far an action moves w"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED, "alpha_s of biases, in units of alpha_s"),
    SYNRL_SCHEDULE(sigma, "0.03", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far noise moves a unit"),
    SYNRL_CHOICE(pay, "bit", "bit|trit|graded", "what a sample is paid for its fall in loss"),
    SYNRL_NUMBER(gate, "0.05", 0, SYNRL_UNBOUNDED, "trit: the loss below which a sample is paid 0"),
    SYNRL_NUMBER(momentum, "0", 0, 1, "of the credit"),
    SYNRL_BOOLEAN(centred, "true", "inputs of the network less their mean over the batch"),
};

struct rule {
    size_t n_synapses, n_units, n_blocks;
    double *credit, *now;  /* [n_synapses]: with momentum, and of this iteration */
    int8_t *actions;       /* [n_synapses] */
    int8_t *signal;        /* [n_blocks][n_units][SYNRL_LANES]: xi, then xi r */
    int8_t *paid;          /* [n_blocks][SYNRL_LANES]: r */
    int64_t *falls, *loss; /* [n_samples]: -d and L, in units of 2^-32 */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    r->n_synapses = env->layout->n_synapses;
    r->n_units = env->local->n_units(env);
    r->n_blocks = env->local->n_blocks(env);
    SYNRL_TRY(SYNRL_NEW(host, r->credit, r->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, r->now, r->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, r->actions, r->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, r->signal, r->n_blocks * r->n_units * SYNRL_LANES));
    SYNRL_TRY(SYNRL_NEW(host, r->paid, r->n_blocks * SYNRL_LANES));
    SYNRL_TRY(SYNRL_NEW(host, r->falls, env->n_samples));
    return SYNRL_NEW(host, r->loss, env->n_samples);
}

/* r of each sample: an integer, so that all sums are exact. */
static void pay(const struct config *c, struct rule *r, size_t n) {
    const double gate = c->pay == TRIT ? c->gate / SYNRL_TERM_UNIT : 0.0;
    double mean = 0.0;
    for (size_t s = 0; s < n; s++) {
        mean += fabs((double)r->falls[s]) / (double)n;
    }
    for (size_t s = 0; s < n; s++) {
        const double fall = (double)r->falls[s];
        const double eighths = fmin(fmax(rint(8.0 * fall / mean), -EIGHTHS_MAX), EIGHTHS_MAX);
        const int sign = (fall > 0.0) - (fall < 0.0);
        const bool is_right = c->pay == TRIT && (double)r->loss[s] < gate;
        r->paid[s] = (int8_t)(is_right ? 0 : c->pay == GRADED && mean > 0.0 ? (int)eighths : sign);
    }
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const synrl_outcome *outcome;
    double alpha_s, sigma;
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    SYNRL_TRY(synrl_at(c->sigma, env->iteration, &sigma));

    SYNRL_TRY(env->local->sample_losses(env, r->loss));
    SYNRL_TRY(env->local->perturb(env, 0, sigma, NULL));
    SYNRL_TRY(env->local->falls(env, r->falls));
    SYNRL_TRY(env->local->noise(env, 0, r->signal));
    pay(c, r, env->n_samples);
    for (size_t row = 0; row < r->n_blocks * r->n_units; row++) {
        const int8_t *paid = r->paid + row / r->n_units * SYNRL_LANES;
        for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
            int8_t *xi = &r->signal[row * SYNRL_LANES + lane];
            *xi = (int8_t)(*xi * paid[lane]);
        }
    }
    const synrl_signal signal = {
        sizeof signal, SYNRL_WHERE_ACTIVE | (c->centred ? SYNRL_CENTRED : 0), r->signal, NULL};
    SYNRL_TRY(env->local->correlate(env, &signal, r->now));
    for (size_t i = 0; i < r->n_synapses; i++) {
        r->credit[i] = c->momentum * r->credit[i] + r->now[i];
        r->actions[i] = (int8_t)((r->credit[i] > 0.0) - (r->credit[i] < 0.0));
    }
    return env->step(env, r->actions, alpha_s, c->bias_scale, &outcome);
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    return SYNRL_STATE_ARRAY(state, r->credit, state->n_synapses);
}

SYNRL_RULE(three_factor, "1.0.0", "presynaptic activity x noise of the unit x reward of the sample",
           "node perturbation by signs; Werfel, Xie and Seung 2005", SYNRL_PARAMS(params),
           struct rule, .traits = SYNRL_RULE_READS_MORE, .create = create, .step = step,
           .state = state);
