/* SPDX-License-Identifier: MIT */
/* Three factors: each synapse follows the sign of its credit, what it saw times what chance did to
 * its unit times what that was worth (credit.h):
 *
 *     a_ij = sign(c_ij),   w <- w + alpha_s a
 *
 * With `balanced`, biases take back what that adds to the mean of a unit (balance.h). Only forward
 * passes and ternary actions: node perturbation reduced to signs. */
#include "balance.h"
#include "credit.h"

struct config {
    const synrl_schedule *alpha_s;
    double bias_scale;
    bool balanced;
    struct credit_config credit;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha_s, "0.01", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far an action moves w"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED, "alpha_s of biases, in units of alpha_s"),
    SYNRL_BOOLEAN(balanced, "false", "biases take back what steps add to the mean of a unit"),
    CREDIT_PARAMS,
};

struct rule {
    struct credit credit;
    struct balance balance;
    int8_t *actions; /* [n_synapses] */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    SYNRL_TRY(credit_create(host, env, &r->credit));
    if (((const struct config *)config)->balanced) {
        SYNRL_TRY(balance_create(host, env, &r->balance));
    }
    return SYNRL_NEW(host, r->actions, r->credit.n_synapses);
}

static void follow_share(void *context, size_t worker, size_t n_workers) {
    const struct rule *r = context;
    const double *credit = r->credit.c; /* of its own: the loop then is one of vectors */
    int8_t *actions = r->actions;
    size_t i, end;
    credit_share(r->credit.n_synapses, worker, n_workers, &i, &end);
    for (; i < end; i++) {
        actions[i] = (int8_t)((credit[i] > 0.0) - (credit[i] < 0.0));
    }
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    double alpha_s;
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    if (c->balanced) {
        SYNRL_TRY(balance_find(env, &r->credit, &r->balance));
    }
    SYNRL_TRY(credit_measure(&c->credit, &r->credit, env));
    host->parallel(host, follow_share, r);
    SYNRL_TRY(env->step(env, r->actions, alpha_s, c->bias_scale, NULL));
    return c->balanced ? balance_shift(env, &r->balance, r->actions, alpha_s) : SYNRL_OK;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    return credit_state(&((struct rule *)self)->credit, state);
}

SYNRL_RULE(three_factor, "1.0.0", "presynaptic activity x noise of the unit x reward of the sample",
           "node perturbation by signs; Werfel, Xie and Seung 2005", SYNRL_PARAMS(params),
           struct rule, .traits = SYNRL_RULE_READS_MORE, .create = create, .step = step,
           .state = state);
