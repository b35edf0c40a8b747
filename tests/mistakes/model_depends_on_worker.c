/* SPDX-License-Identifier: MIT */
/* Outputs that depend on the worker. */
#define FORWARD outputs[0] += (float)pass->worker
#include "model.h"
