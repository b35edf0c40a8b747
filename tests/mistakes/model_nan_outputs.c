/* SPDX-License-Identifier: MIT */
/* Outputs that are NaN. */
#define FORWARD outputs[3] = NAN
#include "model.h"
