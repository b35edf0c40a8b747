/* SPDX-License-Identifier: MIT */
/* Calls exit. */
#define BEFORE exit(3)
#include "rule.h"
