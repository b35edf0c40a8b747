/* SPDX-License-Identifier: MIT */
/* A parameter that lies past the end of the config. */
#define ID "outside_config"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed", .type = SYNRL_PARAM_NUMBER, .offset = 60, .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
