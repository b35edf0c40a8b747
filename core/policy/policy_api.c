/* SPDX-License-Identifier: MIT */
/* The table of functions for plugins. */
#include "policy/policy_api.h"

#include "policy/memory.h"
#include "policy/policy.h"

const synrl_policy_api policy_api = {
    .size = sizeof(synrl_policy_api),
    .create = policy_create_owned,
    .copy = policy_copy_owned,
    .memory_create = memory_create,
    .choose = memory_choose,
    .observe = memory_observe,
    .feature_name = policy_feature_name,
    .name_features = policy_name_features_owned,
};
