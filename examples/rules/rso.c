/* SPDX-License-Identifier: MIT */
/* Random search, one weight after the other, on the lattice of the actions.
 *
 *     for each weight, those of the last layer first:
 *         try w + alpha_s and w - alpha_s, and keep what lowers the loss on the batch
 *
 * One try per iteration, in which one synapse acts and all others rest. The paper draws the size of
 * a try from N(0, s^2), s the spread of the layer's initial weights, lowers it with time, and keeps
 * the best of the three; here the size is alpha_s, and the first try that pays is kept. Tripathi
 * and Singh, "RSO: a gradient free sampling based approach for training deep neural networks",
 * 2020. */
#include <synrl/rule.h>

/* 1. Parameters: a field, and a row that names it. */
struct config {
    const synrl_schedule *alpha_s;
};
static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha_s, "0.05", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "how far a try moves w"),
};

/* 2. The instance, zeros at first: the first try is the last synapse's, upwards. */
struct rule {
    int8_t *actions;     /* all 0 from one iteration to the next */
    uint64_t n_done;     /* synapses, over all rounds */
    int64_t is_downward; /* upwards has been tried */
};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    return SYNRL_NEW(host, ((struct rule *)self)->actions, env->layout->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    const size_t n = env->layout->n_synapses, i = n - 1 - (size_t)(r->n_done % n);
    const synrl_outcome *outcome;
    double alpha_s;
    SYNRL_TRY(synrl_at(((const struct config *)config)->alpha_s, env->iteration, &alpha_s));

    /* 3. The try. A step of one synapse costs far less time than one of all. */
    r->actions[i] = r->is_downward ? -1 : 1;
    SYNRL_TRY(env->step(env, r->actions, alpha_s, 1.0, &outcome));
    r->actions[i] = 0;
    r->n_done += outcome->reward > 0 || r->is_downward ? 1 : 0;
    r->is_downward = outcome->reward < 0 && !r->is_downward;

    /* 4. Taken back exactly, and at once: by the next iteration the batch may be another. */
    return outcome->reward > 0 ? SYNRL_OK : env->undo(env);
}

/* 5. What it remembers, in one list: the run can be resumed. */
static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    return SYNRL_STATE_FIELDS(state, (struct rule *)self, n_done, is_downward);
}

/* 6. It reads rewards only: no traits. */
SYNRL_RULE(rso, "1.0.0", "try each weight up and down in turn, and keep what pays",
           "Tripathi and Singh 2020", SYNRL_PARAMS(params), struct rule, .create = create,
           .step = step, .state = state);
