/* SPDX-License-Identifier: MIT */
/* A metric that no column can be called after. */
#define ID "odd_metric"
#include <synrl/rule.h>

static const synrl_metric metrics[] = {{"top speed", 0, "metres per second"}};
#define METRICS metrics
#include "bad.h"
