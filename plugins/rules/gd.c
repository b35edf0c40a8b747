/* SPDX-License-Identifier: MIT */
/* Batch gradient descent, the paper's baseline: w <- w - alpha * dL/dw, L over the whole batch.
 * No momentum, no regularisation (Bhargava et al. 2021, section 3). Needs a derivative from the
 * model, the loss and every activation, and refuses by name where one has none. */
#include <synrl/rule.h>

struct config {
    const synrl_schedule *alpha;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha, "0.1", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "learning rate"),
};

struct rule {
    float *gradient; /* [n_synapses], and then the move */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    SYNRL_TRY(env->differentiable(env));
    return SYNRL_NEW(host, ((struct rule *)self)->gradient, env->layout->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    double alpha, loss;
    SYNRL_TRY(synrl_at(c->alpha, env->iteration, &alpha));
    SYNRL_TRY(env->gradient(env, r->gradient, &loss));
    for (size_t i = 0; i < env->layout->n_synapses; i++) {
        r->gradient[i] *= -(float)alpha;
    }
    return env->shift(env, r->gradient);
}

SYNRL_RULE(gd, "1.0.0", "batch gradient descent, the baseline",
           "w <- w - alpha dL/dw; Bhargava et al. 2021, section 3", SYNRL_PARAMS(params),
           struct rule, .traits = SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS, .create = create,
           .step = step);
