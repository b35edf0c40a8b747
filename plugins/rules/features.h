/* SPDX-License-Identifier: MIT */
/* Local features: what a synapse sees of itself now, as digits of its state (policy.h).
 *
 *     credit  sign(c_ij), its credit by the noise of this iteration (credit.h)
 *     pre     sign(m_i - mean of m over what its tensor reads), m_i the mean over the batch of the
 *             input or unit that it reads; 0 for a bias, which reads 1
 *     post    the same of the unit that it drives, among the units of its layer
 *
 * "More active" is relative to the neighbours, not to the past: the mean of an input over a batch
 * that stays is always the same. */
#ifndef FEATURES_H
#define FEATURES_H

#include <string.h>

#include "credit.h"

enum { CREDIT, PRE, POST, N_FEATURES };
#define FEATURE_WORDS "credit|pre|post"
static const char *const feature_names[] = {"credit", "pre", "post"};

struct features {
    uint32_t n;
    uint32_t places[N_FEATURES]; /* 3^k, where it is the policy's feature number k; 0: it is none */
    size_t n_synapses;
    uint8_t *digits; /* [n_synapses]: features of each, for synrl_choose; NULL without any */
    struct credit credit;
    int8_t *ones; /* [n_blocks][n_units][SYNRL_LANES]: 1 for each sample */
    double *seen; /* [n_synapses]: what it read, summed over the batch */
    double *mean; /* [n_units]: over the batch */
};

static inline synrl_status features_find(const synrl_host *host, const synrl_policy *policy,
                                         struct features *features) {
    uint32_t place = 1;
    for (uint32_t k = 0; k < policy->n_features; k++, place *= 3) {
        const char *name = host->policy->feature_name(policy, k);
        size_t f = 0;
        while (f < N_FEATURES && strcmp(name, feature_names[f]) != 0) {
            f++;
        }
        if (f == N_FEATURES) {
            return host->fail(host, SYNRL_INVALID,
                              "the policy's feature \"%s\": must be one of " FEATURE_WORDS, name);
        }
        features->places[f] = place;
    }
    features->n = policy->n_features;
    return SYNRL_OK;
}

static inline synrl_status features_make_ones(const synrl_host *host, const synrl_env *env,
                                              struct features *features) {
    const size_t n_units = env->local->n_units(env);
    SYNRL_TRY(SYNRL_NEW(host, features->seen, features->n_synapses));
    SYNRL_TRY(SYNRL_NEW(host, features->ones, env->local->n_blocks(env) * n_units * SYNRL_LANES));
    for (size_t s = 0; s < env->n_samples; s++) {
        for (size_t u = 0; u < n_units; u++) {
            features->ones[(s / SYNRL_LANES * n_units + u) * SYNRL_LANES + s % SYNRL_LANES] = 1;
        }
    }
    return SYNRL_OK;
}

/* SYNRL_INVALID where the policy has a feature that is not of these. */
static inline synrl_status features_create(const synrl_host *host, const synrl_policy *policy,
                                           const synrl_env *env, struct features *features) {
    SYNRL_TRY(features_find(host, policy, features));
    if (features->n == 0) {
        return SYNRL_OK;
    }
    features->n_synapses = env->layout->n_synapses;
    if (features->places[CREDIT] > 0) {
        SYNRL_TRY(credit_create(host, env, &features->credit));
    }
    if (features->places[PRE] > 0) {
        SYNRL_TRY(features_make_ones(host, env, features));
    }
    if (features->places[POST] > 0) {
        SYNRL_TRY(SYNRL_NEW(host, features->mean, env->local->n_units(env)));
    }
    return SYNRL_NEW(host, features->digits, features->n_synapses);
}

static inline uint8_t features_digit(double value) {
    return (uint8_t)(1 + (value > 0.0) - (value < 0.0));
}

static inline void features_add_credit(struct features *features) {
    const uint8_t place = (uint8_t)features->places[CREDIT];
    for (size_t i = 0; i < features->n_synapses; i++) {
        features->digits[i] =
            (uint8_t)(features->digits[i] + place * features_digit(features->credit.c[i]));
    }
}

/* Every row of a tensor reads the same. */
static inline void features_add_pre(struct features *features, const synrl_tensor *tensor) {
    const double *seen = features->seen + tensor->first;
    double sum = 0.0;
    for (size_t i = 0; i < tensor->n_columns; i++) {
        sum += seen[i];
    }
    for (size_t k = 0; k < tensor->n_rows * tensor->n_columns; k++) {
        const double more = seen[k % tensor->n_columns] * (double)tensor->n_columns - sum;
        uint8_t *digits = &features->digits[tensor->first + k];
        *digits = (uint8_t)(*digits + features->places[PRE] * features_digit(more));
    }
}

/* The tensor that the units of a bias, or of a later source, are numbered by; or NULL. */
static inline const synrl_tensor *features_driver(const synrl_layout *layout,
                                                  const synrl_tensor *tensor) {
    for (size_t t = 0; t < layout->n_tensors && tensor->n_positions == 0; t++) {
        const synrl_tensor *other = synrl_tensor_at(layout, t);
        if (other->n_positions > 0 && other->layer == tensor->layer &&
            other->n_rows == tensor->n_rows) {
            return other;
        }
    }
    return tensor->n_positions > 0 ? tensor : NULL;
}

/* The mean of a row, over its positions, in units of 1 / n_positions. */
static inline double features_row(const struct features *features, const synrl_tensor *driver,
                                  size_t row) {
    double sum = 0.0;
    for (size_t p = 0; p < driver->n_positions; p++) {
        sum += features->mean[driver->first_unit + p * driver->n_rows + row];
    }
    return sum;
}

static inline void features_add_post(struct features *features, const synrl_layout *layout,
                                     const synrl_tensor *tensor) {
    const synrl_tensor *driver = features_driver(layout, tensor);
    double sum = 0.0;
    for (size_t row = 0; driver != NULL && row < tensor->n_rows; row++) {
        sum += features_row(features, driver, row);
    }
    for (size_t row = 0; row < tensor->n_rows; row++) {
        const double mine = driver != NULL ? features_row(features, driver, row) : 0.0;
        const uint8_t digit = features_digit(mine * (double)tensor->n_rows - sum);
        uint8_t *digits = features->digits + tensor->first + row * tensor->n_columns;
        for (size_t i = 0; i < tensor->n_columns; i++) {
            digits[i] = (uint8_t)(digits[i] + features->places[POST] * digit);
        }
    }
}

/* features->digits at the weights as they are. Costs a perturbed pass of the batch for credit, and
 * a pass that is not counted for each of the others. */
static inline synrl_status features_measure(const struct credit_config *c,
                                            struct features *features, synrl_env *env) {
    if (features->n == 0) {
        return SYNRL_OK;
    }
    memset(features->digits, 0, features->n_synapses);
    if (features->places[PRE] > 0) {
        const synrl_signal signal = {sizeof signal, 0, features->ones, NULL};
        SYNRL_TRY(env->local->correlate(env, &signal, features->seen));
    }
    if (features->places[POST] > 0) {
        SYNRL_TRY(env->local->activity(env, features->mean, NULL));
    }
    for (size_t t = 0; t < env->layout->n_tensors; t++) {
        if (features->places[PRE] > 0) {
            features_add_pre(features, synrl_tensor_at(env->layout, t));
        }
        if (features->places[POST] > 0) {
            features_add_post(features, env->layout, synrl_tensor_at(env->layout, t));
        }
    }
    if (features->places[CREDIT] > 0) {
        SYNRL_TRY(credit_measure(c, &features->credit, env));
        features_add_credit(features);
    }
    return SYNRL_OK;
}

/* What a policy's rule reads: rewards suffice where states hold no features. */
static inline uint32_t features_traits(size_t n_features) {
    return n_features > 0 ? SYNRL_RULE_READS_MORE : 0;
}

static inline synrl_status features_state(const struct features *features, synrl_state *state) {
    return features->places[CREDIT] > 0 ? credit_state(&features->credit, state) : SYNRL_OK;
}

#endif
