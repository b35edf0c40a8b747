/* SPDX-License-Identifier: MIT */
/* Never comes to an end. */
#define BEFORE                      \
    for (volatile unsigned i = 0;;) \
    i = i + 1
#include "rule.h"
