/* SPDX-License-Identifier: MIT */
/* Divides by 0. */
#define BEFORE rule->actions[0] = (int8_t)((int)n / (volatile int){0})
#include "rule.h"
