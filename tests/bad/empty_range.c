/* SPDX-License-Identifier: MIT */
/* A parameter that no value is good for. */
#define ID "empty_range"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed",
     .type = SYNRL_PARAM_NUMBER,
     .min = 2,
     .max = 1,
     .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
