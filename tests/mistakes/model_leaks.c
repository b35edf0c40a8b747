/* SPDX-License-Identifier: MIT */
/* Takes memory in forward and keeps it. */
#define FORWARD (void)host->alloc(host, 1, 1000)
#include "model.h"
