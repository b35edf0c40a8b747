/* SPDX-License-Identifier: MIT */
/* Has metrics, but no table of them. */
#define ID "no_metrics"
#define METRICS NULL
#define N_METRICS 2
#include "bad.h"
