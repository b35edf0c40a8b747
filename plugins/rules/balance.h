/* SPDX-License-Identifier: MIT */
/* Balance: steps move no unit in the mean over the batch.
 *
 * An action at a synapse that reads input i moves its unit by alpha_s a_ij x_i, in all samples by
 * alpha_s a_ij m_i, m_i the mean of the input. Together that is far more than what tells samples
 * apart, and it is taken from the bias:
 *
 *     b_j <- b_j - alpha_s sum_i a_ij m_i
 *
 * The network then learns as if its inputs were x - m. The bias still acts on its own credit. */
#ifndef BALANCE_H
#define BALANCE_H

#include "credit.h"

struct balance {
    bool is_known;  /* `mean` is, and of batch number `batch` */
    uint64_t batch; /* derived from the data: no state */
    double *mean;   /* [n_synapses]: of the input that a synapse reads; 0 where it reads none */
    float *change;  /* [n_synapses], of biases; 0 elsewhere */
};

static inline bool balance_reads(const synrl_tensor *tensor) {
    return tensor->reads_inputs && !tensor->is_bias;
}

/* The bias of the units that a tensor drives, or NULL. */
static inline const synrl_tensor *balance_bias(const synrl_layout *layout,
                                               const synrl_tensor *tensor) {
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *bias = synrl_tensor_at(layout, t);
        if (bias->is_bias && bias->layer == tensor->layer && bias->n_rows == tensor->n_rows) {
            return bias;
        }
    }
    return NULL;
}

static inline synrl_status balance_create(const synrl_host *host, const synrl_env *env,
                                          struct balance *balance) {
    for (size_t t = 0; t < env->layout->n_tensors; t++) {
        const synrl_tensor *tensor = synrl_tensor_at(env->layout, t);
        if (balance_reads(tensor) && balance_bias(env->layout, tensor) == NULL) {
            return host->fail(
                host, SYNRL_INVALID,
                "balanced: tensor \"%s\" reads the inputs: its units must have a bias",
                tensor->name);
        }
    }
    SYNRL_TRY(SYNRL_NEW(host, balance->mean, env->layout->n_synapses));
    return SYNRL_NEW(host, balance->change, env->layout->n_synapses);
}

/* The means of the inputs, which are sums of what synapses see where every sample says 1; a bias
 * then sees how many samples, or windows of them, there are. Overwrites credit->signal. */
static inline synrl_status balance_find(const synrl_env *env, const struct credit *credit,
                                        struct balance *balance) {
    const synrl_layout *layout = env->layout;
    const synrl_signal ones = {sizeof ones, 0, credit->signal, NULL};
    if (balance->is_known && balance->batch == env->batch) {
        return SYNRL_OK;
    }
    for (size_t i = 0; i < credit->n_blocks * credit->n_units * SYNRL_LANES; i++) {
        const size_t block = i / SYNRL_LANES / credit->n_units;
        credit->signal[i] = block * SYNRL_LANES + i % SYNRL_LANES < env->n_samples;
    }
    SYNRL_TRY(env->local->correlate((synrl_env *)env, &ones, balance->mean));
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = synrl_tensor_at(layout, t);
        for (size_t k = 0; balance_reads(tensor) && k < tensor->n_rows * tensor->n_columns; k++) {
            const size_t count = balance_bias(layout, tensor)->first + k / tensor->n_columns;
            balance->mean[tensor->first + k] /= balance->mean[count];
        }
    }
    balance->is_known = true;
    balance->batch = env->batch;
    return SYNRL_OK;
}

/* After a step by these actions. */
static inline synrl_status balance_shift(synrl_env *env, struct balance *balance,
                                         const int8_t *actions, double alpha_s) {
    const synrl_layout *layout = env->layout;
    for (size_t i = 0; i < layout->n_synapses; i++) {
        balance->change[i] = 0.0F;
    }
    for (size_t t = 0; t < layout->n_tensors; t++) {
        const synrl_tensor *tensor = synrl_tensor_at(layout, t);
        for (size_t row = 0; balance_reads(tensor) && row < tensor->n_rows; row++) {
            const size_t first = tensor->first + row * tensor->n_columns;
            double sum = 0.0;
            for (size_t i = first; i < first + tensor->n_columns; i++) {
                sum += actions[i] * balance->mean[i];
            }
            balance->change[balance_bias(layout, tensor)->first + row] -= (float)(alpha_s * sum);
        }
    }
    return env->shift(env, balance->change);
}

#endif
