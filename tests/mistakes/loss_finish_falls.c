/* SPDX-License-Identifier: MIT */
/* A loss that falls where the sum of its terms rises. */
#define FINISH -sum / (double)n_samples
#include "loss.h"
