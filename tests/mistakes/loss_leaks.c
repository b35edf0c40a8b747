/* SPDX-License-Identifier: MIT */
/* Takes memory in terms and keeps it. */
#define MORE_TERMS (void)host->alloc(host, 1, 1000)
#include "loss.h"
