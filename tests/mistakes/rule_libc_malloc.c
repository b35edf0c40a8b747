/* SPDX-License-Identifier: MIT */
/* Takes memory by malloc and never frees it. */
#define BEFORE *(volatile char *)malloc(n) = 1
#include "rule.h"
