/* SPDX-License-Identifier: MIT */
/* Rank one: win_stay whose actions are products of a row's and a column's.
 *
 *     a_ij = u_i v_j   the synapse to unit i from j; of a bias, a_i = u_i
 *     u, v             as they were after a reward of +1; after -1 u <- -u, which reverses every a
 *
 * and with probability epsilon each u_i and v_j is drawn again from {-1, +1}, as all are at first.
 * A layer of n inputs and m units draws n + 2 m numbers instead of (n + 1) m, and the sums of a
 * layer that reads the inputs move by one dot product per sample (env->step_rank_one). The price is
 * that synapses no longer search apart. Perturbations of low rank: Sarkar et al., "Evolution
 * strategies at the hyperscale" (EGGROLL), 2025. */
#include <synrl/rule.h>

struct config {
    const synrl_schedule *epsilon, *alpha_s;
    double bias_scale;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(epsilon, "0.1", 0, 1, "probability that a row or column is drawn again"),
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED,
                   "synaptic learning rate: how far one action moves a weight"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED, "a bias moves by this times alpha_s"),
};

struct rule {
    size_t n_u, n_v;
    int8_t *u, *v;   /* one array: u [n_u], then v [n_v]; 0: not drawn yet */
    uint32_t *words; /* [n_u + n_v]: scratch */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    synrl_rank_one_sizes(env->layout, &r->n_u, &r->n_v);
    SYNRL_TRY(SYNRL_NEW(host, r->u, r->n_u + r->n_v));
    r->v = r->u + r->n_u;
    return SYNRL_NEW(host, r->words, r->n_u + r->n_v);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const size_t n = r->n_u + r->n_v;
    double epsilon, alpha_s;
    const synrl_outcome *outcome;
    SYNRL_TRY(synrl_at(c->epsilon, env->iteration, &epsilon));
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));

    host->random->words(synrl_action_stream(env), 0, n, r->words);
    const uint32_t below = (uint32_t)(epsilon * 0x1p31); /* of 31 bits; the last is the sign */
    for (size_t i = 0; i < n; i++) {
        if (r->u[i] == 0 || r->words[i] >> 1 < below) {
            r->u[i] = (r->words[i] & 1) != 0 ? 1 : -1;
        }
    }
    SYNRL_TRY(env->step_rank_one(env, r->u, r->v, alpha_s, c->bias_scale, &outcome));
    for (size_t i = 0; i < r->n_u && outcome->reward < 0; i++) {
        r->u[i] = (int8_t)-r->u[i];
    }
    return SYNRL_OK;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    return SYNRL_STATE_ARRAY(state, r->u, r->n_u + r->n_v);
}

SYNRL_RULE(rank1, "1.0.0", "win_stay of rank one: an action is a row's times a column's",
           "Robbins 1952; actions of low rank as in EGGROLL (Sarkar et al. 2025)",
           SYNRL_PARAMS(params), struct rule, .create = create, .step = step, .state = state);
