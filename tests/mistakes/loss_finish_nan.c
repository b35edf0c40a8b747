/* SPDX-License-Identifier: MIT */
/* A loss that is NaN. */
#define FINISH (double)NAN
#include "loss.h"
