/* SPDX-License-Identifier: MIT */
#include "learning.h"

#include <math.h>
#include <string.h>

synrl_status learning_create(const synrl_host *host, struct learning *learning) {
    const synrl_policy *policy = learning->policy;
    learning->n_cells = (size_t)policy->n_situations * 3;
    learning->n_next = policy->n_situations / policy->n_action_histories;
    if (learning->is_sequential || learning->digits != NULL) {
        SYNRL_TRY(SYNRL_NEW(host, learning->cells, learning->memory->n_synapses));
    }
    if (learning->is_sequential) {
        return SYNRL_OK;
    }
    SYNRL_TRY(SYNRL_NEW(host, learning->targets, learning->n_cells));
    return SYNRL_NEW(host, learning->counts, learning->n_cells * learning->n_next);
}

void learning_note(struct learning *learning, synrl_choose *choose) {
    choose->choices.counts = learning->cells == NULL ? learning->counts : NULL;
    choose->choices.cells = learning->cells;
    learning->last.rewards = learning->memory->rewards;
}

/* R_t + gamma max_a' Q(s_{t+1}, a'), where s_{t+1} follows from the cell, what the synapse sees
 * now, and the new rewards. */
static double td_target(const struct learning *learning, double gamma, size_t cell,
                        size_t features) {
    const synrl_policy *policy = learning->policy;
    const size_t n = policy->n_action_histories, situation = features * n + cell % n;
    const double *q =
        policy->q + ((size_t)learning->memory->rewards * policy->n_situations + situation) * 3;
    return learning->last.reward + gamma * fmax(q[0], fmax(q[1], q[2]));
}

/* By squaring: the C library's pow may differ in the last bit from machine to machine. */
static double power(double base, uint64_t exponent) {
    double result = 1.0;
    for (; exponent > 0; exponent >>= 1) {
        result *= (exponent & 1) != 0 ? base : 1.0;
        base *= base;
    }
    return result;
}

/* How many synapses a cell has, and the mean of their targets. */
static uint64_t aim(const struct learning *learning, double gamma, size_t cell, double *target) {
    const uint64_t *counts = learning->counts + cell * learning->n_next;
    const double first = td_target(learning, gamma, cell, 0);
    double sum = 0.0; /* of differences: exactly 0 where there is one target */
    uint64_t n = 0;
    for (size_t features = 0; features < learning->n_next; features++) {
        if (counts[features] > 0) {
            sum += (double)counts[features] * (td_target(learning, gamma, cell, features) - first);
            n += counts[features];
        }
    }
    *target = n > 0 ? first + sum / (double)n : first;
    return n;
}

static void count(struct learning *learning) {
    memset(learning->counts, 0, learning->n_cells * learning->n_next * sizeof *learning->counts);
    for (size_t i = 0; i < learning->memory->n_synapses; i++) {
        learning->counts[learning->cells[i] * learning->n_next + learning->digits[i]]++;
    }
}

static void learn_synchronous(struct learning *learning, double *q, double alpha_q, double gamma) {
    uint64_t *counts = learning->counts;
    double *targets = learning->targets;
    if (learning->digits != NULL) {
        count(learning);
    }
    for (size_t cell = 0; cell < learning->n_cells; cell++) {
        counts[cell] = aim(learning, gamma, cell, &targets[cell]); /* those of cells to come stay */
    }
    for (size_t cell = 0; cell < learning->n_cells; cell++) {
        if (counts[cell] > 0) {
            q[cell] =
                targets[cell] + power(1.0 - alpha_q, counts[cell]) * (q[cell] - targets[cell]);
        }
    }
}

static void learn_sequential(const struct learning *learning, double *q, double alpha_q,
                             double gamma) {
    for (size_t i = 0; i < learning->memory->n_synapses; i++) {
        const size_t features = learning->digits != NULL ? learning->digits[i] : 0;
        const uint16_t cell = learning->cells[i];
        q[cell] += alpha_q * (td_target(learning, gamma, cell, features) - q[cell]);
    }
}

void learning_run(struct learning *learning, double alpha_q, double gamma) {
    const synrl_policy *policy = learning->policy;
    double *q = policy->q + (size_t)learning->last.rewards * policy->n_situations * 3;
    if (learning->is_sequential) {
        learn_sequential(learning, q, alpha_q, gamma);
    } else {
        learn_synchronous(learning, q, alpha_q, gamma);
    }
}

synrl_status learning_state(const synrl_host *host, struct learning *learning, synrl_state *state) {
    const size_t n_synapses = learning->memory->n_synapses;
    if (learning->digits == NULL) {
        return SYNRL_OK;
    }
    SYNRL_TRY(SYNRL_STATE_FIELD(state, learning->last));
    SYNRL_TRY(SYNRL_STATE_ARRAY(state, learning->cells, n_synapses));
    bool is_sound = learning->last.rewards < learning->policy->n_reward_histories;
    for (size_t i = 0; i < n_synapses; i++) {
        is_sound = is_sound && learning->cells[i] < learning->n_cells;
    }
    return is_sound
               ? SYNRL_OK
               : host->fail(host, SYNRL_INVALID, "a saved state that does not exist in the table");
}
