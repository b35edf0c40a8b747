/* SPDX-License-Identifier: MIT */
/* Actions that are steps in units of something else. */
#define BEFORE memset(rule->actions, 100, n)
#include "rule.h"
