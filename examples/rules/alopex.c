/* SPDX-License-Identifier: MIT */
/* Alopex: every synapse correlates its own last change with that of the loss.
 *
 *     C_i = dw_i(t) dE(t),   dE = E(t) - E(t-1),   E the loss
 *     dw_i(t+1) = -delta  with probability p_i = 1 / (1 + exp(-C_i / T)),  else +delta
 *     T <- T + (|C| - T) / 25, a running mean of |C|; the first iteration is random
 *
 * All |dw_i| are delta, so C_i is +C or -C with C = delta dE, and both cases read: the synapse
 * turns around with probability 1 / (1 + exp(-C / T)). The paper lowers T every N iterations, to
 * the mean of |C| over them. Unnikrishnan and Venugopal, "Alopex: a correlation-based learning
 * algorithm for feedforward and recurrent neural networks", 1994. */
#include <math.h>
#include <synrl/rule.h>

/* 1. Parameters: a field, and a row that names it. */
struct config {
    const synrl_schedule *alpha_s;
};
static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "delta, size of a step"),
};

/* 2. The instance, zeros at first, and what of it metrics.csv, the page and TensorBoard show. */
struct rule {
    int8_t *actions; /* the last: +1 or -1; 0, before the first, counts as -1 */
    double correlation, temperature;
};
static const synrl_metric metrics[] = {SYNRL_METRIC(struct rule, temperature, "T, mean of |C|")};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    return SYNRL_NEW(host, ((struct rule *)self)->actions, env->layout->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    const synrl_outcome *outcome;
    double delta;
    SYNRL_TRY(synrl_at(((const struct config *)config)->alpha_s, env->iteration, &delta));
    /* 3. host->math has the same bits on every machine; the C library's exp need not. */
    float power = r->temperature > 0.0 ? (float)(-r->correlation / r->temperature) : 0.0F;
    host->math->exp(1, &power, &power);
    synrl_flip(host, env, 1.0 / (1.0 + (double)power), r->actions);
    SYNRL_TRY(env->step(env, r->actions, delta, 1.0, &outcome));
    /* 4. The loss before is that of the same batch. One that is not finite teaches nothing. */
    const double change = outcome->loss - outcome->old_loss;
    r->correlation = isfinite(change) ? delta * change : 0.0;
    r->temperature += (fabs(r->correlation) - r->temperature) / 25.0;
    return SYNRL_OK;
}

/* 5. What it remembers, in one list: the run can be resumed. */
static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    SYNRL_TRY(SYNRL_STATE_ARRAY(state, r->actions, state->n_synapses));
    return SYNRL_STATE_FIELDS(state, r, correlation, temperature);
}

/* 6. It reads losses, and says so: they are recorded, and the run can be replayed without data. */
SYNRL_RULE(alopex, "1.0.0", "turn around where the last change went with a rise of the loss",
           "Unnikrishnan and Venugopal 1994", SYNRL_PARAMS(params), struct rule, .create = create,
           .step = step, .state = state, .traits = SYNRL_RULE_READS_LOSS, SYNRL_METRICS(metrics));
