/* SPDX-License-Identifier: MIT */
/* Is not elementwise: divides by the largest value of all. */
#define BEFORE                     \
    float largest = 1.0F;          \
    for (size_t i = 0; i < n; i++) \
    largest = fmaxf(largest, fabsf(x[i]))
#define Y x[i] / largest
#include "activation.h"
