/* SPDX-License-Identifier: MIT */
/* A parameter without a name. */
#define ID "nameless"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.type = SYNRL_PARAM_NUMBER, .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
