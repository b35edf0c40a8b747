/* SPDX-License-Identifier: MIT */
/* Evolution by votes: pairs of opposite perturbations, of which each votes with one bit.
 *
 *     A_k in {-1, +1}^n at random                  k = 1 .. pairs
 *     F_k = sign(L(w - alpha A_k) - L(w + alpha A_k))   the paper's reward bit, of a pair; a tie: 0
 *     V = sum_k F_k A_k
 *     a_i = sign(V_i) where |V_i| > threshold, else 0,   w <- w + alpha a
 *
 * Weights stay on the lattice, as in EGG, which evolves networks of int8 from these bits (from
 * EGGROLL: Sarkar et al., "Evolution strategies at the hyperscale", 2025), there with perturbations
 * of rank one. One pair, threshold 0: all weights go the better of two opposite ways. Chance alone
 * gives a vote a standard deviation of sqrt(pairs). */
#include <math.h>
#include <string.h>

#include <synrl/rule.h>

struct config {
    const synrl_schedule *alpha_s, *threshold;
    double bias_scale;
    int64_t pairs;
};

static const synrl_param params[] = {
    SYNRL_INTEGER(pairs, "16", 1, 32767, "opposite perturbations per iteration, two passes each"),
    SYNRL_SCHEDULE(threshold, "0", 0, SYNRL_UNBOUNDED, "votes beyond which a weight moves"),
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED,
                   "how far a perturbation and a move go"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED, "a bias moves by this times alpha_s"),
};

struct rule {
    size_t n_synapses;
    int8_t *actions; /* [n_synapses]: A_k, -A_k, and at last a */
    int16_t *votes;  /* [n_synapses]: V */
    uint32_t *words; /* [n_synapses / 32, rounded up]: a bit for each synapse */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    const size_t n = r->n_synapses = env->layout->n_synapses;
    SYNRL_TRY(SYNRL_NEW(host, r->actions, n));
    SYNRL_TRY(SYNRL_NEW(host, r->votes, n));
    return SYNRL_NEW(host, r->words, (n + 31) / 32);
}

/* The k-th pair: adds F_k A_k to the votes. */
static synrl_status vote(const synrl_host *host, const struct config *c, struct rule *r,
                         synrl_env *env, double alpha_s, size_t k) {
    const synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_PLUGIN};
    const size_t n_words = (r->n_synapses + 31) / 32;
    double plus, minus;
    host->random->words(stream, k * n_words, n_words, r->words);
    for (size_t i = 0; i < r->n_synapses; i++) {
        r->actions[i] = (r->words[i / 32] >> i % 32 & 1) != 0 ? 1 : -1;
    }
    SYNRL_TRY(env->probe_actions(env, 1, r->actions, alpha_s, c->bias_scale, &plus));
    for (size_t i = 0; i < r->n_synapses; i++) {
        r->actions[i] = (int8_t)-r->actions[i];
    }
    SYNRL_TRY(env->probe_actions(env, 1, r->actions, alpha_s, c->bias_scale, &minus));
    const int bit = (minus > plus) - (minus < plus);
    for (size_t i = 0; i < r->n_synapses; i++) {
        r->votes[i] = (int16_t)(r->votes[i] - bit * r->actions[i]);
    }
    return SYNRL_OK;
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    double alpha_s, threshold;
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    SYNRL_TRY(synrl_at(c->threshold, env->iteration, &threshold));
    memset(r->votes, 0, r->n_synapses * sizeof *r->votes);
    for (size_t k = 0; k < (size_t)c->pairs; k++) {
        SYNRL_TRY(vote(host, c, r, env, alpha_s, k));
    }
    for (size_t i = 0; i < r->n_synapses; i++) {
        const int sign = (r->votes[i] > 0) - (r->votes[i] < 0);
        r->actions[i] = (int8_t)(fabs((double)r->votes[i]) > threshold ? sign : 0);
    }
    return env->step(env, r->actions, alpha_s, c->bias_scale, NULL);
}

SYNRL_RULE(egg_vote, "1.0.0", "a weight moves where opposite perturbations vote for it, a bit each",
           "EGG, after Sarkar et al. 2025", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS, .create = create, .step = step);
