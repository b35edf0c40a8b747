/* SPDX-License-Identifier: MIT */
/* Hands the C library a pointer that is none. */
#define BEFORE memcpy(rule->actions, (const void *)(env->iteration + 8), n)
#include "rule.h"
