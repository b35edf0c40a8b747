/* SPDX-License-Identifier: MIT */
/* Has more metrics than a rule may have. */
#define ID "many_metrics"
#include <synrl/rule.h>

static const synrl_metric metrics[SYNRL_METRICS_MAX + 1] = {{"speed", 0, "metres per second"}};
#define METRICS metrics
#include "bad.h"
