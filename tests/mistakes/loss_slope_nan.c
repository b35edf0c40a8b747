/* SPDX-License-Identifier: MIT */
/* A slope that is NaN. */
#define SLOPE s == 3 ? NAN : 2.0F * d / (float)n_samples
#include "loss.h"
