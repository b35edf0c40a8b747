/* SPDX-License-Identifier: MIT */
/* Fails in apply, which cannot return it. */
#define BEFORE       \
    if (x[0] > 0.0F) \
    host->fail(host, SYNRL_INVALID, "%g is too large", (double)x[0])
#include "activation.h"
