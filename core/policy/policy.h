/* Policies as objects: reference counts, text, hash. The functions that rules use are in
 * synrl/policy.h. */
#ifndef POLICY_H
#define POLICY_H

#include <stdio.h>

#include "base/core.h"
#include "synrl/policy.h"

extern const synrl_policy_api policy_api;

/* A policy with all values 0 and one reference. */
synrl_status policy_create(struct core *core, uint32_t n_actions, uint32_t n_rewards,
                           synrl_policy **policy);
synrl_status policy_copy(struct core *core, const synrl_policy *from, synrl_policy **policy);
/* The reference count is not part of the value, so const policies can be retained too. */
const synrl_policy *policy_retain(const synrl_policy *policy);
void policy_release(const synrl_policy *policy); /* NULL is allowed */

/* A readable table, one line per reachable state; freed by core_free. */
char *policy_text(struct core *core, const synrl_policy *policy);
/* XXH3-64 of the memory lengths and the table. */
uint64_t policy_hash(const synrl_policy *policy);
/* greedy[history] = 0, 1, 2 for the action; with SYNRL_TIES_RANDOM 3 + a bit set of tied actions.
 */
void policy_greedy(const synrl_policy *policy, synrl_ties ties, uint32_t rewards, uint8_t *greedy);

/* The action history of one synapse, below 3^n_actions. */
uint8_t memory_history(const synrl_memory *memory, size_t synapse);
void memory_set_history(synrl_memory *memory, size_t synapse, uint8_t history);

#endif
