/* SPDX-License-Identifier: MIT */
/* Leaves out the last value. */
#define COUNT n - 1
#include "activation.h"
