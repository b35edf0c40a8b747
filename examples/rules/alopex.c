/* SPDX-License-Identifier: MIT */
/* Alopex: every synapse correlates its own last change with that of the loss.
 *
 *     C_i = dw_i(t) dE(t),   dE = E(t) - E(t-1),   E the loss
 *     dw_i(t+1) = -delta  with probability p_i = 1 / (1 + exp(-C_i / T)),  else +delta
 *     T <- mean of |C_i| over the last N iterations, every N iterations; the first N are random
 *
 * All |dw_i| are delta, so C_i is +C or -C with C = delta dE, and both cases read: the synapse
 * turns around with probability 1 / (1 + exp(-C / T)). Unnikrishnan and Venugopal, "Alopex: a
 * correlation-based learning algorithm for feedforward and recurrent neural networks", 1994. */
#include <math.h>

#include <synrl/rule.h>

/* 1. Parameters: a field, and a row that names it. */
struct config {
    const synrl_schedule *alpha_s;
    int64_t period;
};
#define SYNRL_CONFIG struct config

static const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "delta, the size of a step"),
    SYNRL_INTEGER(period, "25", 1, 1000000, "N: iterations from one temperature to the next"),
};

/* 2. The instance, zeros at first, and what of it metrics.csv, the page and TensorBoard show. */
struct rule {
    size_t n_synapses;
    int8_t *actions; /* the last: +1 or -1; 0, before the first, counts as -1 */
    uint32_t *words; /* scratch */
    double correlation, total, temperature;
};

static const synrl_metric metrics[] = {SYNRL_METRIC(struct rule, temperature, "T, mean of |C|")};

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    struct rule *r = self;
    r->n_synapses = env->layout->n_synapses;
    SYNRL_TRY(SYNRL_NEW(host, r->actions, r->n_synapses));
    return SYNRL_NEW(host, r->words, r->n_synapses);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_PLUGIN};
    const synrl_outcome *outcome;
    double delta, before;
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &delta));
    if (env->iteration > 0 && env->iteration % (uint64_t)c->period == 0) {
        r->temperature = r->total / (double)c->period;
        r->total = 0.0;
    }
    /* 3. host->math has the same bits on every machine; the C library's exp need not. */
    float power = r->temperature > 0.0 ? (float)(-r->correlation / r->temperature) : 0.0F;
    host->math->exp(1, &power, &power);
    host->random->words(stream, 0, r->n_synapses, r->words);
    for (size_t i = 0; i < r->n_synapses; i++) {
        const bool turns = r->words[i] < 4294967296.0 / (1.0 + (double)power);
        r->actions[i] = turns == (r->actions[i] > 0) ? -1 : 1;
    }
    /* 4. The loss before is asked for, not remembered: the batch may be another. Mostly free. */
    SYNRL_TRY(env->loss(env, &before));
    SYNRL_TRY(env->step(env, r->actions, delta, 1.0, &outcome));
    const double change = outcome->loss - before;
    r->correlation = isfinite(change) ? delta * change : 0.0;
    r->total += fabs(r->correlation);
    return SYNRL_OK;
}

/* 5. What it remembers, in one list: the run can be resumed. */
static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    SYNRL_TRY(SYNRL_STATE_ARRAY(state, r->actions, r->n_synapses));
    SYNRL_TRY(SYNRL_STATE_FIELD(state, r->correlation));
    SYNRL_TRY(SYNRL_STATE_FIELD(state, r->total));
    return SYNRL_STATE_FIELD(state, r->temperature);
}

/* 6. It reads losses, and says so: they are recorded, and the run can be replayed without data. */
SYNRL_RULE(alopex, "1.0.0", "turn around where the last change went with a rise of the loss",
           "Unnikrishnan and Venugopal 1994", SYNRL_PARAMS(params), struct rule,
           .traits = SYNRL_RULE_READS_LOSS, .n_metrics = SYNRL_COUNT(metrics), .metrics = metrics,
           .create = create, .step = step, .state = state);
