/* SPDX-License-Identifier: MIT */
/* A parameter that no script could name. */
#define ID "odd_param"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "top speed", .type = SYNRL_PARAM_NUMBER, .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
