/* SPDX-License-Identifier: MIT */
/* Has no table of operations. */
#define ID "no_ops"
#define OPS NULL
#include "bad.h"
