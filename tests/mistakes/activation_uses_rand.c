/* SPDX-License-Identifier: MIT */
/* Noise from rand(). */
#define Y x[i] + (float)rand() / (float)RAND_MAX
#include "activation.h"
