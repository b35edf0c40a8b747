/* SPDX-License-Identifier: MIT */
/* The slope of another loss. */
#define SLOPE -2.0F * d / (float)n_samples
#include "loss.h"
