/* SPDX-License-Identifier: MIT */
/* Calls exit(0) in create. */
#define CREATE exit(0)
#include "rule.h"
