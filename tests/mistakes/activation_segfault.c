/* SPDX-License-Identifier: MIT */
/* Crashes in apply, where there are many values. */
#define BEFORE   \
    if (n > 100) \
    *(volatile int *)8 = 1
#include "activation.h"
