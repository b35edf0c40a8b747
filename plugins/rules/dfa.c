/* SPDX-License-Identifier: MIT */
/* Direct feedback alignment: the error of the outputs reaches every unit by fixed random weights.
 *
 *     delta_l = (B_l e) f'(z_l),   e = dL / d outputs,   B fixed and random
 *     w <- w - alpha sum over samples of delta x'
 *
 * The units of the outputs get e itself: with no hidden layer this is gradient descent, with one it
 * is feedback alignment too (Lillicrap et al., "Random synaptic feedback weights support error
 * backpropagation for deep learning", 2016), and with more it is not, since there the error passes
 * from layer to layer. Nokland, "Direct feedback alignment provides learning in
 * deep neural networks", 2016. */
#include <synrl/rule.h>

struct config {
    const synrl_schedule *alpha;
    int64_t matrix;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha, "0.1", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "learning rate"),
    SYNRL_INTEGER(matrix, "0", 0, 1000000, "number of the random matrix B"),
};

struct rule {       /* scratch */
    float *error;   /* [n_blocks][n_units][SYNRL_LANES]: B e */
    double *credit; /* [n_synapses] */
    float *delta;   /* [n_synapses] */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    const size_t n_values = env->local->n_blocks(env) * env->local->n_units(env) * SYNRL_LANES;
    SYNRL_TRY(SYNRL_NEW(host, r->error, n_values));
    SYNRL_TRY(SYNRL_NEW(host, r->credit, env->layout->n_synapses));
    return SYNRL_NEW(host, r->delta, env->layout->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    double alpha;
    SYNRL_TRY(synrl_at(c->alpha, env->iteration, &alpha));

    /* B e of every unit; fails by name where the loss has no gradient. */
    SYNRL_TRY(env->local->feedback(env, (uint32_t)c->matrix, r->error));
    /* Times f'(z), and summed over the samples with what each synapse saw. */
    const synrl_signal signal = {sizeof signal, .flags = SYNRL_TIMES_SLOPE, .floats = r->error};
    SYNRL_TRY(env->local->correlate(env, &signal, r->credit));
    for (size_t i = 0; i < env->layout->n_synapses; i++) {
        r->delta[i] = (float)(-alpha * r->credit[i]);
    }
    return env->shift(env, r->delta);
}

SYNRL_RULE(dfa, "1.0.0", "direct feedback alignment: the output error by fixed random weights",
           "Nokland 2016", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS, .create = create, .step = step);
