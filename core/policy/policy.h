/* Policies as objects of their own: counted references, tables as CSV, hash. The routines that
 * rules use are in synrl/policy.h. */
#ifndef POLICY_H
#define POLICY_H

#include <stdio.h>

#include "base/core.h"
#include "synrl/policy.h"

extern const synrl_policy_api policy_api;

/* All zero, one reference. */
synrl_status policy_create(struct core *core, uint32_t n_actions, uint32_t n_rewards,
                           synrl_policy **policy);
synrl_status policy_copy(struct core *core, const synrl_policy *from, synrl_policy **policy);
/* Reference counts are not part of what the policy says, so const ones can be held too. */
const synrl_policy *policy_retain(const synrl_policy *policy);
void policy_release(const synrl_policy *policy); /* NULL is allowed */

/* A table a person can read, one line a state that can occur; freed by core_free. */
char *policy_text(struct core *core, const synrl_policy *policy);
/* XXH3-64 of memories and table. */
uint64_t policy_hash(const synrl_policy *policy);
/* greedy[history] = 0, 1, 2 for the action; with SYNRL_TIES_RANDOM 3 + a bit set of tied actions.
 */
void policy_greedy(const synrl_policy *policy, synrl_ties ties, uint32_t rewards, uint8_t *greedy);

/* The action history of one synapse, below 3^n_actions. */
uint8_t memory_history(const synrl_memory *memory, size_t synapse);
void memory_set_history(synrl_memory *memory, size_t synapse, uint8_t history);

#endif
