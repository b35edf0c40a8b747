/* SPDX-License-Identifier: MIT */
/* Synaptic policies: one table for all synapses, and the routine that turns it into actions.
 *
 * The state of a synapse (Eq. 5) is its last n_actions actions, the last n_rewards rewards of the
 * network, and, beyond the paper, n_features local features: what the synapse itself sees now, such
 * as the sign of its credit. Histories are base-3 numbers, the most recent entry in the lowest
 * digit: an action is the digit 0, 1, 2 for -1, 0, +1; a reward is 0 for -1, 2 for +1, and 1 where
 * there has been none yet; a feature is 0, 1, 2 for negative, zero, positive, the first feature in
 * the lowest digit. Actions start as 0 (null), rewards as none. */
#ifndef SYNRL_POLICY_H
#define SYNRL_POLICY_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SYNRL_MEMORY_MAX 5      /* of n_rewards, and of n_actions + n_features */
#define SYNRL_HISTORIES_MAX 243 /* 3^5 */

/* Which of equally good actions is greedy. */
typedef enum synrl_ties {
    SYNRL_TIES_FIRST = 0, /* the first of -, 0, +: as the authors published */
    SYNRL_TIES_NULL = 1,  /* 0 if it is among them, else the first */
    SYNRL_TIES_RANDOM = 2 /* equally likely, from the synapse's random word */
} synrl_ties;
#define SYNRL_TIES_CHOICES "first|null|random" /* of a parameter `ties` */

/* A situation is what a synapse itself knows: its action history and its features,
 * features * n_action_histories + action history. With the reward history it is the state. */
typedef struct synrl_policy {
    uint32_t size;
    uint32_t n_actions, n_rewards, n_features;
    uint32_t n_action_histories; /* 3^n_actions */
    uint32_t n_reward_histories; /* 3^n_rewards */
    uint32_t n_situations;       /* 3^(n_features + n_actions) */
    double *q;                   /* [n_reward_histories][n_situations][3] */
} synrl_policy;

/* What the synapses of a network remember: their states. Action histories are the host's own. */
typedef struct synrl_memory {
    uint32_t size;
    uint32_t n_actions, n_rewards;
    uint32_t rewards; /* the reward history, global */
    size_t n_synapses;
} synrl_memory;

/* Optional statistics of a `choose` call. A cell is situation * 3 + action digit: with the reward
 * history, the (state, action) pair that Eq. 7 updates. */
typedef struct synrl_choices {
    uint64_t *counts; /* [n_situations * 3]: how many synapses fell in each cell; or NULL */
    uint16_t *cells;  /* [n_synapses]: the cell of each; or NULL */
} synrl_choices;

/* One call of `choose`. */
typedef struct synrl_choose {
    uint32_t size; /* sizeof(synrl_choose) */
    synrl_ties ties;
    double epsilon;          /* 0 .. 1 */
    synrl_stream stream;     /* one word per synapse */
    const uint8_t *features; /* [n_synapses], below 3^n_features; NULL where the policy has none */
    int8_t *actions;         /* [n_synapses], written */
    synrl_choices choices;   /* what else is wanted */
} synrl_choose;

struct synrl_policy_api {
    uint32_t size;
    /* [main] A table of zeros, or a copy; SYNRL_INVALID where a memory is out of range. The host
     * frees it with the instance. */
    synrl_status (*create)(const synrl_host *host, uint32_t n_actions, uint32_t n_rewards,
                           uint32_t n_features, synrl_policy **policy);
    synrl_status (*copy)(const synrl_host *host, const synrl_policy *from, synrl_policy **policy);
    /* [main] The memory that a policy needs, for n_synapses. */
    synrl_status (*memory_create)(const synrl_host *host, const synrl_policy *policy,
                                  size_t n_synapses, synrl_memory **memory);

    /* [main] a_t <- pi(s_t) for every synapse (Eq. 6), and a_t into its history. With probability
     * epsilon an action is uniform over all three, else greedy. Policy and memory have the same
     * n_actions and n_rewards. One word of the stream per synapse decides: as a fraction of 2^32,
     * below epsilon/3 it is -1, below 2 epsilon/3 0, below epsilon +1, else greedy. Uses
     * `parallel`. */
    synrl_status (*choose)(const synrl_host *host, const synrl_policy *policy, synrl_memory *memory,
                           const synrl_choose *choose);
    /* [main] The global reward, -1 or +1, into the state of all synapses. */
    void (*observe)(synrl_memory *memory, int reward);
    /* Since ABI 3.2. [any] The name of a policy's feature, 0 .. n_features - 1; the policy's own.
     */
    const char *(*feature_name)(const synrl_policy *policy, uint32_t feature);
    /* [main] Names [n_features] for what `create` made. SYNRL_INVALID, and nothing has changed,
     * where two are equal or one cannot be the name of a column. */
    synrl_status (*name_features)(const synrl_host *host, synrl_policy *policy,
                                  const char *const *names);
};

#ifdef __cplusplus
}
#endif
#endif
