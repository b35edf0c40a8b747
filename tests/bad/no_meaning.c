/* SPDX-License-Identifier: MIT */
/* A parameter without a meaning. */
#define ID "no_meaning"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed", .type = SYNRL_PARAM_NUMBER},
};
#define PARAMS params
#include "bad.h"
