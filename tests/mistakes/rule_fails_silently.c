/* SPDX-License-Identifier: MIT */
/* Fails without a message. */
#define STEP SYNRL_INVALID
#include "rule.h"
