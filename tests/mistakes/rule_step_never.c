/* SPDX-License-Identifier: MIT */
/* No step, ever. */
#define STEP SYNRL_OK
#include "rule.h"
