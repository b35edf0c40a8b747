/* SPDX-License-Identifier: MIT */
/* Built for another major version. */
#define ID "wrong_major"
#define ABI_MAJOR (SYNRL_ABI_MAJOR + 1)
#include "bad.h"
