/* SPDX-License-Identifier: MIT */
/* A parameter of a type that does not exist. */
#define ID "unknown_type"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed", .type = (synrl_param_type)42, .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
