/* SPDX-License-Identifier: MIT */
/* The same metric twice. */
#define ID "metric_twice"
#include <synrl/rule.h>

static const synrl_metric metrics[] = {{"speed", 0, "metres per second"}, {"speed", 0, "the same"}};
#define METRICS metrics
#include "bad.h"
