/* SPDX-License-Identifier: MIT */
/* The functions of policies for plugins: see synrl/policy.h. */
#ifndef POLICY_API_H
#define POLICY_API_H

#include "synrl/policy.h"

extern const synrl_policy_api policy_api;

#endif
