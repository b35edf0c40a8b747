/* SPDX-License-Identifier: MIT */
/* Reads x after it has written y, which may be x. */
#define BEFORE y[0] = 0.0F
#include "activation.h"
