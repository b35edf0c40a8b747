/* SPDX-License-Identifier: MIT */
/* A derivative that is NaN. */
#define SLOPE NAN
#include "activation.h"
