/* SPDX-License-Identifier: MIT */
/* Feedback alignment: the error goes back from layer to layer by fixed random weights.
 *
 *     delta_l = (B_l delta_{l+1}) f'(z_l),   delta of the last layer: e f'(z),  e = dL / d outputs
 *     w <- w - alpha sum over samples of delta x'
 *
 * With the transpose of the weights as B this is backpropagation; here each entry of the B of a
 * layer with n units is U(-1, 1) / sqrt(n). Lillicrap et al., "Random synaptic feedback weights
 * support error backpropagation for deep learning", 2016. */
#include <math.h>

#include <synrl/rule.h>

struct config {
    const synrl_schedule *alpha;
    int64_t matrix;
};

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha, "0.1", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "learning rate"),
    SYNRL_INTEGER(matrix, "0", 0, 1000000, "number of the random matrices B"),
};

struct rule {
    float *feedback; /* [n_synapses]: of each tensor B transposed, [to][from] as its weights */
    float *gradient; /* [n_synapses], and then the move */
};

/* A function of (seed, matrix), so that there is nothing to remember. */
static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const synrl_layout *layout = env->layout;
    const synrl_stream stream = {env->seed, (uint64_t)c->matrix, SYNRL_PURPOSE_FEEDBACK};
    SYNRL_TRY(env->differentiable(env));
    SYNRL_TRY(SYNRL_NEW(host, r->feedback, layout->n_synapses));
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = synrl_tensor_at(layout, t);
        const float width = 1.0F / sqrtf((float)tensor->n_rows);
        host->random->uniform(stream, tensor->first, tensor->n_rows * tensor->n_columns, -width,
                              width, r->feedback + tensor->first);
    }
    return SYNRL_NEW(host, r->gradient, layout->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    double alpha, loss;
    SYNRL_TRY(synrl_at(c->alpha, env->iteration, &alpha));
    SYNRL_TRY(env->gradient_by(env, r->feedback, r->gradient, &loss));
    for (size_t i = 0; i < env->layout->n_synapses; i++) {
        r->gradient[i] *= -(float)alpha;
    }
    return env->shift(env, r->gradient);
}

SYNRL_RULE(fa, "1.0.0", "feedback alignment: errors go back by fixed random weights",
           "Lillicrap et al. 2016", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE | SYNRL_RULE_STATELESS, .create = create, .step = step);
