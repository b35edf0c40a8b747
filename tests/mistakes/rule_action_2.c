/* SPDX-License-Identifier: MIT */
/* An action of 2. */
#define BEFORE rule->actions[3] = 2
#include "rule.h"
