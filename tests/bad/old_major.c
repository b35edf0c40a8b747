/* SPDX-License-Identifier: MIT */
/* Built for the version before. */
#define ID "old_major"
#define ABI_MAJOR (SYNRL_ABI_MAJOR - 1)
#include "bad.h"
