/* SPDX-License-Identifier: MIT */
/* The credit of a synapse: what it saw, what chance did to its unit, and what that was worth.
 *
 * Every unit of every sample is moved by sigma xi, xi = -1 or +1 at random, and each sample, or
 * group of samples (`reward` of synrl.train), reports what that did to its own loss: d = L(moved) -
 * L. The synapse from i to j correlates the three over the samples s:
 *
 *     c_ij <- momentum c_ij + sum_s x_si xi_sj r_s
 *
 *     pay = "bit"     r = -sign(d)
 *     pay = "trit"    the same, but 0 where L is below `gate` already: what is right learns no more
 *     pay = "graded"  r = -d, in whole steps of an eighth of the mean |d|, at most 127
 *
 * `draws` > 1 moves the units as often, each time afresh, holds every one of these passes against
 * the same one without noise, and adds up xi r: a sample then pays 1 + draws passes for as many
 * answers, instead of two for each. Steps of "graded" are as many times larger.
 *
 * `output_scale` below 1 moves outputs less than other units. The slope of the right class is as
 * large as those of all others together, so with equal noise it alone decides the sign of d, and
 * hidden units are hardly heard.
 *
 *     where = "active"  only samples count in which unit j is not 0: right for `relu`, which has no
 *                       slope there, and wrong for `step`, which may be about to fire
 *     where = "moved"   in which +sigma at unit j makes another output of it than -sigma
 *     where = "all"     every one
 *
 * Only forward passes, no derivative: node perturbation (Werfel, Xie and Seung, "Learning curves
 * for stochastic gradient descent in linear feedforward networks", 2005). The gate is that of the
 * Tsetlin machine (Granmo 2018). */
#ifndef CREDIT_H
#define CREDIT_H

#include <math.h>

#include <synrl/rule.h>

enum where { WHERE_ACTIVE, WHERE_MOVED, WHERE_ALL };
enum pay { BIT, TRIT, GRADED };
enum { SIGNAL_MAX = 127, DRAWS_MAX = 15 };

/* A rule's config has one as its field `credit`, and CREDIT_PARAMS among its rows. */
struct credit_config {
    const synrl_schedule *sigma;
    double momentum, gate, output_scale;
    int64_t draws;
    int32_t pay, where;
    bool centred;
};

#define CREDIT_PARAMS                                                                             \
    SYNRL_ROW_NAMED("sigma", credit.sigma, SYNRL_PARAM_SCHEDULE, const synrl_schedule *, "0.03",  \
                    SYNRL_POSITIVE, SYNRL_UNBOUNDED, NULL, "how far noise moves a unit"),         \
        SYNRL_ROW_NAMED("output_scale", credit.output_scale, SYNRL_PARAM_NUMBER, double, "1",     \
                        SYNRL_POSITIVE, SYNRL_UNBOUNDED, NULL,                                    \
                        "sigma of the outputs, in units of sigma"),                               \
        SYNRL_ROW_NAMED("pay", credit.pay, SYNRL_PARAM_CHOICE, int32_t, "bit", 0, 0,              \
                        "bit|trit|graded", "what a sample is paid for its fall in loss"),         \
        SYNRL_ROW_NAMED("gate", credit.gate, SYNRL_PARAM_NUMBER, double, "0.05", 0,               \
                        SYNRL_UNBOUNDED, NULL, "trit: the loss below which a sample is paid 0"),  \
        SYNRL_ROW_NAMED("momentum", credit.momentum, SYNRL_PARAM_NUMBER, double, "0", 0, 1, NULL, \
                        "of the credit"),                                                         \
        SYNRL_ROW_NAMED("draws", credit.draws, SYNRL_PARAM_INTEGER, int64_t, "1", 1, DRAWS_MAX,   \
                        NULL, "passes with noise, all compared with the same one without"),       \
        SYNRL_ROW_NAMED("where", credit.where, SYNRL_PARAM_CHOICE, int32_t, "active", 0, 0,       \
                        "active|moved|all", "samples that count: unit not 0, changed by noise"),  \
        SYNRL_ROW_NAMED("centred", credit.centred, SYNRL_PARAM_BOOLEAN, bool, "true", 0, 0, NULL, \
                        "inputs of the network less their mean over the batch")

struct credit {
    const synrl_host *host;
    size_t n_synapses, n_units, n_blocks;
    double *c, *now;       /* [n_synapses]: with momentum, and of this iteration */
    int8_t *signal;        /* [n_blocks][n_units][SYNRL_LANES]: xi r, of all draws */
    int8_t *noise;         /* the same of one draw: xi */
    int64_t *falls, *loss; /* [n_samples]: -d and L, in units of 2^-32 */
    double *sigmas;        /* [n_tensors]: of the units that a tensor drives */
};

static inline synrl_status credit_create(const synrl_host *host, const synrl_env *env,
                                         struct credit *credit) {
    credit->host = host;
    credit->n_synapses = env->layout->n_synapses;
    credit->n_units = env->local->n_units(env);
    credit->n_blocks = env->local->n_blocks(env);
    SYNRL_TRY(SYNRL_NEW(host, credit->c, credit->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, credit->now, credit->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, credit->signal, credit->n_blocks * credit->n_units * SYNRL_LANES));
    SYNRL_TRY(SYNRL_NEW(host, credit->noise, credit->n_blocks * credit->n_units * SYNRL_LANES));
    SYNRL_TRY(SYNRL_NEW(host, credit->falls, env->n_samples));
    SYNRL_TRY(SYNRL_NEW(host, credit->sigmas, env->layout->n_tensors + 1)); /* never none */
    return SYNRL_NEW(host, credit->loss, env->n_samples);
}

/* What all workers share. */
struct credit_work {
    const struct credit_config *config;
    struct credit *credit;
    size_t n_samples;
    double mean; /* of |d|, where pay is "graded"; else 0 */
    bool is_first;
};

static inline void credit_share(size_t n, size_t worker, size_t n_workers, size_t *first,
                                size_t *end) {
    *first = n * worker / n_workers;
    *end = n * (worker + 1) / n_workers;
}

/* r of a sample: an integer, so that all sums are exact. */
static inline int8_t credit_pay(const struct credit_work *work, size_t s) {
    const struct credit_config *c = work->config;
    const int64_t fall = work->credit->falls[s];
    if (work->mean > 0.0) {
        const int64_t most = SIGNAL_MAX / c->draws; /* whole steps, so that the sum of draws fits */
        const double limit = (double)most;
        const double steps = rint(8.0 * (double)fall / work->mean / (double)c->draws);
        return (int8_t)fmin(fmax(steps, -limit), limit);
    }
    const bool is_right =
        c->pay == TRIT && (double)work->credit->loss[s] < c->gate / SYNRL_TERM_UNIT;
    return (int8_t)(is_right ? 0 : (fall > 0) - (fall < 0));
}

/* Adds xi r to the signal of one unit in one block; past the last sample r is 0. */
__attribute__((noinline)) static void credit_add(bool is_first, const int8_t *restrict xi,
                                                 const int8_t *restrict paid,
                                                 int8_t *restrict signal) {
    const int8_t kept = is_first ? 0 : -1;
    for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
        const int8_t sign = (int8_t) - (xi[lane] < 0);
        signal[lane] = (int8_t)((signal[lane] & kept) + (paid[lane] ^ sign) - sign);
    }
}

/* Adds xi r of some blocks to the signal. */
static inline void credit_draw_share(void *context, size_t worker, size_t n_workers) {
    const struct credit_work *work = context;
    const struct credit *credit = work->credit;
    size_t b, end;
    credit_share(credit->n_blocks, worker, n_workers, &b, &end);
    for (; b < end; b++) {
        int8_t paid[SYNRL_LANES];
        for (size_t lane = 0; lane < SYNRL_LANES; lane++) {
            const size_t s = b * SYNRL_LANES + lane;
            paid[lane] = s < work->n_samples ? credit_pay(work, s) : 0;
        }
        for (size_t row = b * credit->n_units; row < (b + 1) * credit->n_units; row++) {
            credit_add(work->is_first, credit->noise + row * SYNRL_LANES, paid,
                       credit->signal + row * SYNRL_LANES);
        }
    }
}

/* Outputs are the last units. */
static inline synrl_status credit_perturb(const struct credit_config *c, struct credit *credit,
                                          uint32_t draw, double sigma, synrl_env *env) {
    const synrl_layout *layout = env->layout;
    if (!(c->output_scale < 1.0 || c->output_scale > 1.0)) {
        return env->local->perturb(env, draw, sigma, NULL);
    }
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const bool is_last =
            synrl_tensor_at(layout, t)->first_unit >= layout->n_units - layout->n_outputs;
        credit->sigmas[t] = is_last ? c->output_scale * sigma : sigma;
    }
    return env->local->perturb_tensors(env, draw, credit->sigmas, NULL);
}

/* Adds xi r of one draw to the signal. */
static inline synrl_status credit_draw(const struct credit_config *c, struct credit *credit,
                                       uint32_t draw, double sigma, synrl_env *env) {
    SYNRL_TRY(credit_perturb(c, credit, draw, sigma, env));
    SYNRL_TRY(env->local->falls(env, credit->falls));
    SYNRL_TRY(env->local->noise(env, draw, credit->noise));
    struct credit_work work = {c, credit, env->n_samples, 0.0, draw == 0};
    for (size_t i = 0; c->pay == GRADED && i < work.n_samples; i++) {
        work.mean += fabs((double)credit->falls[i]) / (double)work.n_samples;
    }
    credit->host->parallel(credit->host, credit_draw_share, &work);
    return SYNRL_OK;
}

static inline void credit_add_share(void *context, size_t worker, size_t n_workers) {
    const struct credit_work *work = context;
    const double momentum = work->config->momentum, *now = work->credit->now;
    double *c = work->credit->c;
    size_t i, end;
    credit_share(work->credit->n_synapses, worker, n_workers, &i, &end);
    for (; i < end; i++) {
        c[i] = momentum * c[i] + now[i];
    }
}

/* credit->c at the weights as they are. Costs `draws` perturbed passes of the batch. */
static inline synrl_status credit_measure(const struct credit_config *c, struct credit *credit,
                                          synrl_env *env) {
    double sigma;
    SYNRL_TRY(synrl_at(c->sigma, env->iteration, &sigma));
    SYNRL_TRY(env->local->sample_losses(env, credit->loss));
    for (uint32_t draw = 0; draw < (uint32_t)c->draws; draw++) {
        SYNRL_TRY(credit_draw(c, credit, draw, sigma, env));
    }
    static const uint32_t where[] = {SYNRL_WHERE_ACTIVE, SYNRL_WHERE_MOVED, 0};
    const synrl_signal signal = {sizeof signal, where[c->where] | (c->centred ? SYNRL_CENTRED : 0),
                                 credit->signal, NULL};
    SYNRL_TRY(env->local->correlate(env, &signal, credit->now));
    struct credit_work work = {.config = c, .credit = credit};
    credit->host->parallel(credit->host, credit_add_share, &work);
    return SYNRL_OK;
}

static inline synrl_status credit_state(const struct credit *credit, synrl_state *state) {
    return SYNRL_STATE_ARRAY(state, credit->c, credit->n_synapses);
}

#endif
