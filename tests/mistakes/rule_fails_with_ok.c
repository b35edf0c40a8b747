/* SPDX-License-Identifier: MIT */
/* Calls fail with SYNRL_OK. */
#define STEP host->fail(host, SYNRL_OK, "all is well")
#include "rule.h"
