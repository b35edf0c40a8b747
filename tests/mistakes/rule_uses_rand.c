/* SPDX-License-Identifier: MIT */
/* Draws from rand(). */
#define BEFORE rule->actions[0] = (int8_t)(rand() % 3 - 1)
#include "rule.h"
