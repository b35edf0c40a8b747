/* Synaptic policies: one table for all synapses, and the routine that turns it into actions.
 *
 * The state of a synapse (Eq. 5) is its last n_actions actions and the last n_rewards rewards of
 * the network. Both histories are base-3 numbers, the most recent entry in the lowest digit: an
 * action is the digit 0, 1, 2 for -1, 0, +1; a reward is 0 for -1, 2 for +1, and 1 where there has
 * been none yet. Actions start as 0 (null), rewards as none. */
#ifndef SYNRL_POLICY_H
#define SYNRL_POLICY_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SYNRL_MEMORY_MAX 5      /* of n_actions and of n_rewards */
#define SYNRL_HISTORIES_MAX 243 /* 3^5 */

/* Which of equally good actions is greedy. */
typedef enum synrl_ties {
    SYNRL_TIES_FIRST = 0, /* the first of -, 0, +: as the authors published */
    SYNRL_TIES_NULL = 1,  /* 0 if it is among them, else the first */
    SYNRL_TIES_RANDOM = 2 /* each alike, from the synapse's random word */
} synrl_ties;
#define SYNRL_TIES_CHOICES "first|null|random" /* of a parameter `ties` */

typedef struct synrl_policy {
    uint32_t n_actions, n_rewards; /* 0 .. SYNRL_MEMORY_MAX */
    uint32_t n_action_histories;   /* 3^n_actions */
    uint32_t n_reward_histories;   /* 3^n_rewards */
    double *q;                     /* [n_reward_histories][n_action_histories][3] */
} synrl_policy;

/* What the synapses of a network remember: their states. Action histories are the host's own. */
typedef struct synrl_memory {
    uint32_t n_actions, n_rewards;
    size_t n_synapses;
    uint32_t rewards; /* the reward history, global */
} synrl_memory;

/* What `choose` can tell of its choices. A cell is action history * 3 + action digit: with the
 * reward history, the (state, action) pair that Eq. 7 updates. */
typedef struct synrl_choices {
    uint64_t *counts; /* [3^(n_actions + 1)]: how many synapses fell in each cell; or NULL */
    uint16_t *cells;  /* [n_synapses]: the cell of each; or NULL */
} synrl_choices;

struct synrl_policy_api {
    uint32_t size;
    /* A table of zeros, or a copy. SYNRL_INVALID where a memory is out of range. */
    synrl_status (*create)(const synrl_host *host, uint32_t n_actions, uint32_t n_rewards,
                           synrl_policy **policy);
    synrl_status (*copy)(const synrl_host *host, const synrl_policy *from, synrl_policy **policy);
    void (*destroy)(const synrl_host *host, synrl_policy *policy); /* NULL is allowed */

    synrl_status (*memory_create)(const synrl_host *host, uint32_t n_actions, uint32_t n_rewards,
                                  size_t n_synapses, synrl_memory **memory);
    void (*memory_destroy)(const synrl_host *host, synrl_memory *memory);
    size_t (*memory_state_size)(const synrl_memory *memory);
    void (*memory_save)(const synrl_memory *memory, void *state);
    synrl_status (*memory_load)(const synrl_host *host, synrl_memory *memory, const void *state,
                                size_t size);

    /* a_t <- pi(s_t) for every synapse (Eq. 6), and a_t into its history. With probability epsilon
     * an action is uniform over all three, else greedy. Policy and memory have the same n_actions
     * and n_rewards. One word of the stream a synapse decides: as a fraction of 2^32, below
     * epsilon/3 it is -1, below 2 epsilon/3 0, below epsilon +1, else greedy. */
    void (*choose)(const synrl_host *host, const synrl_policy *policy, synrl_ties ties,
                   double epsilon, synrl_stream stream, synrl_memory *memory, int8_t *actions,
                   synrl_choices *choices);
    /* The global reward, -1 or +1, into the state of all synapses. */
    void (*observe)(synrl_memory *memory, int reward);
};

#ifdef __cplusplus
}
#endif
#endif
