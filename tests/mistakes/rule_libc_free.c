/* SPDX-License-Identifier: MIT */
/* Frees memory of the host by the C library's free. */
#define BEFORE free(rule->floats)
#include "rule.h"
