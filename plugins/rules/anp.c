/* SPDX-License-Identifier: MIT */
/* Activity-based node perturbation: a unit is judged by all that noise did to it, its own noise and
 * that of the units before it.
 *
 * Every unit of every sample is moved by sigma xi, xi = -1 or +1 at random. Of sample s, da_sj is
 * by how much the pre-activation of unit j changed in the end, and n_units the number of units;
 * with x_i what a synapse saw without noise, over the N samples:
 *
 *     g_ij = 1/N sum_s (L~_s - L_s) n_units da_sj / ||da_s||^2 x_si
 *     v <- momentum v + g,   w <- w - alpha v
 *
 * In one layer da = sigma xi, and g is that of `node_perturb`. In later layers noise from below
 * adds up, and the quotient is the slope along the direction in which the units really moved. Dalm,
 * van Gerven and Ahmad, "Effective learning with node perturbation in multi-layer neural networks",
 * 2023. Their decorrelation of every layer's inputs is not part of it: see docs. */
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
    size_t n_synapses, n_units;
    int64_t *clean, *noisy; /* [n_samples] L_s, L~_s in units of 2^-32 */
    float *signal;          /* [n_blocks][n_units][SYNRL_LANES]: da, and then what it earned */
    double *credit;         /* [n_synapses] */
    float *velocity, *move; /* [n_synapses] */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    const size_t n = r->n_synapses = env->layout->n_synapses;
    r->n_units = env->local->n_units(env);
    SYNRL_TRY(SYNRL_NEW(host, r->clean, env->n_samples));
    SYNRL_TRY(SYNRL_NEW(host, r->noisy, env->n_samples));
    SYNRL_TRY(SYNRL_NEW(host, r->signal, env->local->n_blocks(env) * r->n_units * SYNRL_LANES));
    SYNRL_TRY(SYNRL_NEW(host, r->credit, n));
    SYNRL_TRY(SYNRL_NEW(host, r->velocity, n));
    return SYNRL_NEW(host, r->move, n);
}

/* da times (L~ - L) n_units / ||da||^2 of its sample, of which every unit is in one lane. A sample
 * whose loss is not finite says nothing, nor does one in which nothing moved. */
static void weigh(struct rule *r, size_t s) {
    float *lane = r->signal + s / SYNRL_LANES * r->n_units * SYNRL_LANES + s % SYNRL_LANES;
    const bool is_finite = r->clean[s] != INT64_MAX && r->noisy[s] != INT64_MAX;
    const double change = ((double)r->noisy[s] - (double)r->clean[s]) * SYNRL_TERM_UNIT;
    double square = 0.0;
    for (size_t u = 0; u < r->n_units; u++) {
        const double da = (double)lane[u * SYNRL_LANES];
        square += da * da;
    }
    const double factor = is_finite && square > 0.0 ? change * (double)r->n_units / square : 0.0;
    for (size_t u = 0; u < r->n_units; u++) {
        lane[u * SYNRL_LANES] = (float)(factor * (double)lane[u * SYNRL_LANES]);
    }
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    double alpha, sigma;
    SYNRL_TRY(synrl_at(c->alpha, env->iteration, &alpha));
    SYNRL_TRY(synrl_at(c->sigma, env->iteration, &sigma));
    SYNRL_TRY(env->local->sample_losses(env, r->clean));
    SYNRL_TRY(env->local->perturb(env, 0, sigma, NULL));
    SYNRL_TRY(env->local->sample_losses(env, r->noisy));
    SYNRL_TRY(env->local->changes(env, r->signal));
    for (size_t s = 0; s < env->n_samples; s++) {
        weigh(r, s);
    }
    const synrl_signal signal = {
        sizeof signal, (c->centred ? SYNRL_CENTRED : 0U) | (c->active ? SYNRL_WHERE_ACTIVE : 0U),
        .floats = r->signal};
    SYNRL_TRY(env->local->correlate(env, &signal, r->credit));
    for (size_t i = 0; i < r->n_synapses; i++) {
        const double g = r->credit[i] / (double)env->n_samples;
        r->velocity[i] = (float)(c->momentum * (double)r->velocity[i] + g);
        r->move[i] = (float)(-alpha * (double)r->velocity[i]);
    }
    return env->shift(env, r->move);
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    return SYNRL_STATE_ARRAY(state, r->velocity, r->n_synapses);
}

SYNRL_RULE(anp, "1.0.0", "node perturbation by all that noise did to a unit",
           "Dalm, van Gerven and Ahmad 2023", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE, .create = create, .step = step, .state = state);
