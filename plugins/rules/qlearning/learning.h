/* SPDX-License-Identifier: MIT */
/* Eq. 7: how the table learns from all synapses at once.
 *
 * The reward is global, so at one iteration a synapse's state and action follow from its own
 * last actions: by its cell, situation * 3 + action. All synapses of a cell share one target.
 * Synchronous: targets are taken from the table as it was before the iteration; then c updates
 * towards one fixed target have the closed form q <- target + (1 - alpha_q)^c (q - target), and N
 * synapses cost a histogram of 3^(n_actions + 1) counts. Sequential: synapse after synapse in
 * place, as the authors' code does it; a target then sees what earlier synapses of the same
 * iteration wrote.
 *
 * With local features, a cell's target is the mean over the features that its synapses came to
 * see. */
#ifndef LEARNING_H
#define LEARNING_H

#include <synrl/rule.h>

struct learning {
    synrl_policy *policy;       /* Q, which learns */
    const synrl_memory *memory; /* w.s of every synapse */
    const uint8_t *digits;      /* [n_synapses]: the features it sees now; NULL: none */
    bool is_sequential;
    uint16_t *cells;        /* of every synapse; NULL where counts suffice */
    uint64_t *counts;       /* synchronous: [cells][features seen next] */
    double *targets;        /* synchronous: of cells, scratch */
    size_t n_cells, n_next; /* n_next: 3^n_features */
    struct {
        uint32_t rewards; /* the reward history that the actions were taken in */
        int32_t reward;   /* 0: there is nothing to learn from yet */
    } last;
};

/* policy, memory, digits and is_sequential are set. */
synrl_status learning_create(const synrl_host *host, struct learning *learning);
/* Where the actions of all synapses are to be noted, for synrl_choose. */
void learning_note(struct learning *learning, synrl_choose *choose);
/* Eq. 7 for every synapse, from the last step. */
void learning_run(struct learning *learning, double alpha_q, double gamma);
/* What is still to be learnt from: only with features. */
synrl_status learning_state(const synrl_host *host, struct learning *learning, synrl_state *state);

#endif
