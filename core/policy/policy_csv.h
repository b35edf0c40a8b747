/* SPDX-License-Identifier: MIT */
/* Policies as files. */
#ifndef POLICY_CSV_H
#define POLICY_CSV_H

#include "policy/policy.h"

/* A table with the columns r_tn..r_t1, a_tn..a_t1, one per feature by its name, q_dec, q_null,
 * q_inc: -1, 0, 1 for actions and features; for rewards 0 is "none yet". Rows in any order, each
 * state once; states that are left out stay 0. */
synrl_status policy_load_csv(struct core *core, const char *path, synrl_policy **policy);
/* Writes every state, numbers with 17 digits, which load back bit for bit; completely or not at
 * all. */
synrl_status policy_save_csv(struct core *core, const synrl_policy *policy, const char *path);
/* The same for a path that a user gives: by draft_begin_output. */
synrl_status policy_output_csv(struct core *core, const synrl_policy *policy, const char *path);

#endif
