/* SPDX-License-Identifier: MIT */
/* Fails in create, with memory in its hands. */
#define CREATE return SYNRL_NO_MEMORY
#include "rule.h"
