/* SPDX-License-Identifier: MIT */
/* Crashes in terms. */
#define MORE_TERMS *(volatile int *)8 = 1
#include "loss.h"
