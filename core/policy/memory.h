/* SPDX-License-Identifier: MIT */
/* The memories of a network's synapses, and the policy step. Memories are made for an instance and
 * end with it; every history in one is below 3^n_actions. */
#ifndef MEMORY_H
#define MEMORY_H

#include "synrl/policy.h"

/* The entries of synrl_policy_api. */
synrl_status memory_create(const synrl_host *host, const synrl_policy *policy, size_t n_synapses,
                           synrl_memory **memory);
synrl_status memory_choose(const synrl_host *host, const synrl_policy *policy, synrl_memory *memory,
                           const synrl_choose *choose);
void memory_observe(synrl_memory *memory, int reward);

/* The action history of one synapse. */
uint8_t memory_history(const synrl_memory *memory, size_t synapse);
void memory_set_history(synrl_memory *memory, size_t synapse, uint8_t history);

/* For checkpoints: sizes and histories, memory_state_size bytes. Loading fails, without any change,
 * where the sizes differ or a history is out of range. */
size_t memory_state_size(const synrl_memory *memory);
void memory_save(const synrl_memory *memory, void *state);
synrl_status memory_load(const synrl_host *host, synrl_memory *memory, const void *state,
                         size_t size);

#endif
