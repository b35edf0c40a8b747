/* SPDX-License-Identifier: MIT */
/* Its table of operations is larger than any. */
#define ID "huge_ops"
#define OPS_SIZE 1000000
#include "bad.h"
