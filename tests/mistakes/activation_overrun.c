/* SPDX-License-Identifier: MIT */
/* Writes past the end. */
#define COUNT n + 5000
#include "activation.h"
