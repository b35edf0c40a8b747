/* SPDX-License-Identifier: MIT */
/* Remembers, and offers no state: checkpoints are asked for. */
#define TRAITS 0
#include "rule.h"
