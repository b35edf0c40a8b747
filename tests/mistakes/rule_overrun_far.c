/* SPDX-License-Identifier: MIT */
/* Writes far past the end of its memory. */
#define BEFORE memset(rule->actions, 1, n + 4000)
#include "rule.h"
