/* SPDX-License-Identifier: MIT */
/* Takes weights for the bias. */
#define BIAS_TENSOR 0
#include "model.h"
