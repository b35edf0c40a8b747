/* SPDX-License-Identifier: MIT */
/* A rule that cannot step. */
#define ID "no_step"
#define STEP NULL
#include "bad.h"
