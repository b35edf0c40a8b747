/* SPDX-License-Identifier: MIT */
/* Crashes in forward, in one block of the batch. */
#define FORWARD           \
    if (pass->block == 2) \
    *(volatile int *)8 = 1
#include "model.h"
