/* SPDX-License-Identifier: MIT */
/* Its table of operations ends before `step`. */
#define ID "short_ops"
#define OPS_SIZE offsetof(synrl_rule_ops, step)
#include "bad.h"
