/* SPDX-License-Identifier: MIT */
/* A default that is not a number. */
#define ID "bad_default"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed",
     .type = SYNRL_PARAM_NUMBER,
     .default_text = "fast",
     .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
