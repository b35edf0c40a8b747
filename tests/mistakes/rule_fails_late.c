/* SPDX-License-Identifier: MIT */
/* Fails with one status and the message of another. */
#define BEFORE host->fail(host, SYNRL_INVALID, "the temperature is %d: must be above 0", -3)
#define STEP SYNRL_IO
#include "rule.h"
