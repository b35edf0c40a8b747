/* SPDX-License-Identifier: MIT */
/* A metric that lies past the end of the instance. */
#define ID "outside_self"
#include <synrl/rule.h>

static const synrl_metric metrics[] = {{"speed", 8, "metres per second"}};
#define METRICS metrics
#include "bad.h"
