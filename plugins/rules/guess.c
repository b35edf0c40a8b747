/* SPDX-License-Identifier: MIT */
/* Random weight guessing: the gate that a task has to pass before a rule that solves it is praised.
 *
 *     g ~ U(-range, range) for every weight;  w <- g where the loss at g is below that of all
 *                                             guesses before, else w stays
 *
 * The first guess counts as better than the initial weights, and a loss that is not finite never
 * is. The network always has the best guess so far; where a batch is drawn, its loss is taken again
 * on that.
 *
 * Schmidhuber and Hochreiter, "Guessing can outperform many long time lag algorithms", 1996;
 * Hochreiter and Schmidhuber, "Long short-term memory", 1997. */
#include <math.h>

#include <synrl/rule.h>

struct config {
    double range;
};

static const synrl_param params[] = {
    SYNRL_NUMBER(range, "10", SYNRL_POSITIVE, 1e30, "weights are guessed from U(-range, range)"),
};

struct rule {
    float *guess, *best; /* [n_synapses], scratch */
    double best_loss;
    uint64_t batch; /* that best_loss is of */
    uint64_t has_best;
};

static const synrl_metric metrics[] = {
    SYNRL_METRIC(struct rule, best_loss, "loss of the best guess so far"),
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    (void)config;
    r->best_loss = (double)NAN;
    SYNRL_TRY(SYNRL_NEW(host, r->guess, env->layout->n_synapses));
    return SYNRL_NEW(host, r->best, env->layout->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const float range = (float)((const struct config *)config)->range;
    const synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_PLUGIN};
    struct rule *r = self;
    double loss;
    if (r->has_best && r->batch != env->batch) {
        SYNRL_TRY(env->loss(env, &r->best_loss));
    }
    r->batch = env->batch;
    SYNRL_TRY(env->weights(env, r->best));
    host->random->uniform(stream, 0, env->layout->n_synapses, -range, range, r->guess);
    SYNRL_TRY(env->set_weights(env, r->guess));
    SYNRL_TRY(env->loss(env, &loss));
    if (!isfinite(loss) || loss >= r->best_loss) {
        return env->set_weights(env, r->best);
    }
    r->best_loss = loss;
    r->has_best = 1;
    return SYNRL_OK;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    (void)host;
    (void)config;
    return SYNRL_STATE_FIELDS(state, r, best_loss, has_best);
}

SYNRL_RULE(guess, "1.0.0", "guesses all weights in each iteration and keeps the best",
           "Schmidhuber and Hochreiter 1996", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_MORE, SYNRL_METRICS(metrics), .create = create, .step = step,
           .state = state);
