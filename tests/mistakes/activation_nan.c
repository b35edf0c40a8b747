/* SPDX-License-Identifier: MIT */
/* Values that are NaN. */
#define Y x[i] > 1.0F ? NAN : x[i] / 2.0F
#include "activation.h"
