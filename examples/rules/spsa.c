/* SPDX-License-Identifier: MIT */
/* Simultaneous perturbation: two losses give the slope along one random direction.
 *
 *     d_i = -1 or +1 at random;  g = (L(w + sigma d) - L(w - sigma d)) / (2 sigma)
 *     w <- w - alpha g d
 *
 * On average g d is the gradient, up to terms in sigma^2. Spall, "Multivariate stochastic
 * approximation using a simultaneous perturbation gradient approximation", 1992. */
#include <math.h>
#include <synrl/rule.h>

/* 1. Parameters: a field, and a row that names it. */
struct config {
    const synrl_schedule *alpha, *sigma;
};
static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha, "0.01", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "learning rate"),
    SYNRL_SCHEDULE(sigma, "0.01", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far a probe goes"),
};

/* 2. The instance, zeros at first. The host frees it, and all that it allocates. */
struct rule {
    float *d;
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    return SYNRL_NEW(host, ((struct rule *)self)->d, env->layout->n_synapses);
}

/* 3. ONE iteration. Probes do not move the weights; then they move, once, by floats. */
static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    const size_t n = env->layout->n_synapses;
    float *d = ((struct rule *)self)->d;
    double alpha, sigma, above, below;
    SYNRL_TRY(synrl_at(c->alpha, env->iteration, &alpha));
    SYNRL_TRY(synrl_at(c->sigma, env->iteration, &sigma));
    host->random->uniform(synrl_action_stream(env), 0, n, -1.0F, 1.0F, d);
    for (size_t i = 0; i < n; i++) {
        d[i] = copysignf(1.0F, d[i]);
    }
    SYNRL_TRY(env->probe(env, 1, d, sigma, &above));
    SYNRL_TRY(env->probe(env, 1, d, -sigma, &below));
    for (size_t i = 0; i < n; i++) {
        d[i] *= (float)(-alpha * (above - below) / (2.0 * sigma));
    }
    return env->shift(env, d);
}

/* 4. It probes and shifts, and says so: its runs cannot be replayed without data. It remembers
 * nothing, and says that too: they can be resumed. */
SYNRL_RULE(spsa, "1.0.0", "move along a random direction by the slope of the loss along it",
           "Spall 1992", SYNRL_PARAMS(params), struct rule, .create = create, .step = step,
           .traits = SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS);
