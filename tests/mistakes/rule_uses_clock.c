/* SPDX-License-Identifier: MIT */
/* Looks at the clock. */
#define BEFORE rule->actions[0] = (int8_t)(time(NULL) % 3 - 1)
#include "rule.h"
