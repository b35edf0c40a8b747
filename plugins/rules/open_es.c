/* SPDX-License-Identifier: MIT */
/* OpenAI's evolution strategy: antithetic Gaussian directions, centred ranks, Adam.
 *
 *     z_k ~ N(0, I),  losses at w + sigma z_k and at w - sigma z_k,  k = 1 .. pairs
 *     f = centred ranks of all 2 pairs losses: +1/2 for the lowest, -1/2 for the highest
 *     g = 1 / (2 pairs sigma) sum_k (f_k+ - f_k-) z_k
 *     m <- .9 m + .1 g,   v <- .999 v + .001 g^2
 *     w <- w + alpha (m / (1 - .9^t)) / (sqrt(v / (1 - .999^t)) + 1e-8)
 *
 * Salimans, Ho, Chen, Sidor and Sutskever, "Evolution strategies as a scalable alternative to
 * reinforcement learning", 2017; Kingma and Ba, "Adam", 2015. */
#include <math.h>

#include <synrl/rule.h>

struct config {
    const synrl_schedule *alpha, *sigma;
    int64_t pairs;
};

static const synrl_param params[] = {
    SYNRL_INTEGER(pairs, "50", 1, 4096, "directions, each probed both ways"),
    SYNRL_SCHEDULE(sigma, "0.03", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far a probe goes"),
    SYNRL_SCHEDULE(alpha, "0.01", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "learning rate"),
};

struct rule {
    float *z;       /* [pairs][n_synapses], scratch */
    double *losses; /* [2 pairs], of w + and of w -, scratch */
    float *m, *v, *delta;
    double m_weight, v_weight; /* 1 - .9^t, 1 - .999^t */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const size_t n_pairs = (size_t)((const struct config *)config)->pairs;
    const size_t n = env->layout->n_synapses;
    struct rule *r = self;
    SYNRL_TRY(SYNRL_NEW(host, r->z, n_pairs * n));
    SYNRL_TRY(SYNRL_NEW(host, r->losses, n_pairs * 2));
    SYNRL_TRY(SYNRL_NEW(host, r->m, n));
    SYNRL_TRY(SYNRL_NEW(host, r->v, n));
    return SYNRL_NEW(host, r->delta, n);
}

/* The centred rank of loss k of n; equal losses share theirs. */
static double centred_rank(const double *losses, size_t n, size_t k) {
    double rank = 0.0;
    for (size_t j = 0; j < n; j++) {
        rank += (losses[j] > losses[k] ? 0.5 : 0.0) - (losses[j] < losses[k] ? 0.5 : 0.0);
    }
    return rank / (double)(n - 1);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_PLUGIN};
    const size_t n = env->layout->n_synapses, n_pairs = (size_t)c->pairs;
    double alpha, sigma;
    SYNRL_TRY(synrl_at(c->alpha, env->iteration, &alpha));
    SYNRL_TRY(synrl_at(c->sigma, env->iteration, &sigma));

    host->random->normal(stream, 0, n_pairs * n, r->z);
    SYNRL_TRY(env->probe(env, n_pairs, r->z, sigma, r->losses));
    SYNRL_TRY(env->probe(env, n_pairs, r->z, -sigma, r->losses + n_pairs));
    for (size_t i = 0; i < n; i++) {
        r->delta[i] = 0.0F;
    }
    for (size_t k = 0; k < n_pairs; k++) {
        const double difference = centred_rank(r->losses, 2 * n_pairs, k) -
                                  centred_rank(r->losses, 2 * n_pairs, n_pairs + k);
        const float share = (float)(difference / (2.0 * (double)n_pairs * sigma));
        for (size_t i = 0; i < n; i++) {
            r->delta[i] += share * r->z[k * n + i];
        }
    }
    /* Adam; then the weights move, once, by floats. */
    r->m_weight = 0.9 * r->m_weight + 0.1;
    r->v_weight = 0.999 * r->v_weight + 0.001;
    for (size_t i = 0; i < n; i++) {
        const double g = (double)r->delta[i];
        r->m[i] = (float)(0.9 * (double)r->m[i] + 0.1 * g);
        r->v[i] = (float)(0.999 * (double)r->v[i] + 0.001 * g * g);
        const double deviation = sqrt((double)r->v[i] / r->v_weight);
        r->delta[i] = (float)(alpha * (double)r->m[i] / r->m_weight / (deviation + 1e-8));
    }
    return env->shift(env, r->delta);
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    SYNRL_TRY(SYNRL_STATE_ARRAY(state, r->m, state->n_synapses));
    SYNRL_TRY(SYNRL_STATE_ARRAY(state, r->v, state->n_synapses));
    return SYNRL_STATE_FIELDS(state, r, m_weight, v_weight);
}

SYNRL_RULE(open_es, "1.0.0", "evolution strategy: antithetic probes, centred ranks, Adam",
           "Salimans et al. 2017", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE, .create = create, .step = step, .state = state);
