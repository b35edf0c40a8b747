/* SPDX-License-Identifier: MIT */
/* Fails in forward, which cannot return it. */
#define FORWARD           \
    if (pass->block == 2) \
    host->fail(host, SYNRL_INVALID, "block %zu does not please", pass->block)
#include "model.h"
