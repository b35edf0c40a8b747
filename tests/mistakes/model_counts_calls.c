/* SPDX-License-Identifier: MIT */
/* Outputs that depend on what was computed before. */
#define FORWARD outputs[0] += model->number++
#include "model.h"
