/* SPDX-License-Identifier: MIT */
/* The same parameter twice. */
#define ID "twice"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed", .type = SYNRL_PARAM_NUMBER, .meaning = "metres per second"},
    {.name = "speed", .type = SYNRL_PARAM_NUMBER, .offset = 8, .meaning = "the same"},
};
#define PARAMS params
#include "bad.h"
