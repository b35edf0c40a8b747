/* SPDX-License-Identifier: MIT */
/* Its table of operations has no size. */
#define ID "zero_ops"
#define OPS_SIZE 0
#include "bad.h"
