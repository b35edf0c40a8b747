/* SPDX-License-Identifier: MIT */
/* Counts iterations by itself. */
#define BEFORE env->iteration++
#include "rule.h"
