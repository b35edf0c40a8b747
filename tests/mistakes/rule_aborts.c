/* SPDX-License-Identifier: MIT */
/* Calls abort. */
#define BEFORE abort()
#include "rule.h"
