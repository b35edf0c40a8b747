/* SPDX-License-Identifier: MIT */
/* A slope that is NaN. */
#define SLOPE s == 3 ? NAN : d
#include "loss.h"
