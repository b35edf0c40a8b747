/* SPDX-License-Identifier: MIT */
/* Writes past the end of its memory. */
#define BEFORE memset(rule->actions, 1, n + 8)
#include "rule.h"
