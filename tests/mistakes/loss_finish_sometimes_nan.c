/* SPDX-License-Identifier: MIT */
/* A loss that is NaN for large sums. */
#define FINISH log(60.0 * (double)n_samples - sum)
#include "loss.h"
