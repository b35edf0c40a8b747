/* SPDX-License-Identifier: MIT */
/* Policies as objects: tables, reference counts, names of features, hash. The functions that
 * rules use are in synrl/policy.h, the memories of synapses in policy/memory.h. */
#ifndef POLICY_H
#define POLICY_H

#include "base/core.h"
#include "synrl/policy.h"

/* A policy with all values 0 and one reference. Features are named feature1, feature2, ... */
synrl_status policy_create(struct core *core, uint32_t n_actions, uint32_t n_rewards,
                           uint32_t n_features, synrl_policy **policy);
synrl_status policy_copy(struct core *core, const synrl_policy *from, synrl_policy **policy);
/* The same in the memory of an instance of a plugin. */
synrl_status policy_create_owned(const synrl_host *host, uint32_t n_actions, uint32_t n_rewards,
                                 uint32_t n_features, synrl_policy **policy);
synrl_status policy_copy_owned(const synrl_host *host, const synrl_policy *from,
                               synrl_policy **policy);
/* Only for policies made by policy_create and policy_copy; an instance's policy must be copied to
 * outlive it. The reference count is not part of the value, so const policies can be retained
 * too. */
const synrl_policy *policy_retain(const synrl_policy *policy);
void policy_release(const synrl_policy *policy); /* NULL is allowed */

/* Names of features are [a-z][a-z0-9_]*, unique, and do not begin like other columns of a CSV, with
 * r_, a_ or q_. They are not part of the hash. */
enum { FEATURE_NAME_SIZE = 32 };
const char *policy_feature_name(const synrl_policy *policy, uint32_t feature);
/* names [n_features]; after a failure nothing has changed. */
synrl_status policy_name_features(struct core *core, synrl_policy *policy,
                                  const char *const *names);
synrl_status policy_name_features_owned(const synrl_host *host, synrl_policy *policy,
                                        const char *const *names);
bool policy_is_feature_name(const char *name);

/* The values of one state: q[0 .. 2] for -, 0, +. */
static inline double *policy_state_q(const synrl_policy *policy, uint32_t rewards,
                                     uint32_t situation) {
    return policy->q + ((size_t)rewards * policy->n_situations + situation) * 3;
}
/* The number of values in q. */
static inline size_t policy_entries(const synrl_policy *policy) {
    return (size_t)policy->n_reward_histories * policy->n_situations * 3;
}

/* XXH3-64 of the sizes and the table. */
uint64_t policy_hash(const synrl_policy *policy);
/* greedy[situation] = 0, 1, 2 for the action; with SYNRL_TIES_RANDOM 3 + a bit set of tied actions.
 */
void policy_greedy(const synrl_policy *policy, synrl_ties ties, uint32_t rewards, uint8_t *greedy);

/* For checkpoints: sizes and table, policy_state_size bytes. Loading fails, without any change,
 * where the sizes differ or a number is not finite. */
size_t policy_state_size(const synrl_policy *policy);
void policy_save(const synrl_policy *policy, void *state);
synrl_status policy_load(const synrl_host *host, synrl_policy *policy, const void *state,
                         size_t size);

#endif
