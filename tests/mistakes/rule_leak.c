/* SPDX-License-Identifier: MIT */
/* Takes memory in every iteration and keeps it. */
#define BEFORE (void)host->alloc(host, n, 4)
#include "rule.h"
