/* SPDX-License-Identifier: MIT */
/* Returns a number that is no status. */
#define STEP (synrl_status)99
#include "rule.h"
