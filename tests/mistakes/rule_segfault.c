/* SPDX-License-Identifier: MIT */
/* Writes through a pointer that is none. */
#define BEFORE *(volatile int *)8 = 1
#include "rule.h"
