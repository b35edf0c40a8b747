/* SPDX-License-Identifier: MIT */
/* A default outside of its parameter's bounds. */
#define ID "default_outside"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed",
     .type = SYNRL_PARAM_NUMBER,
     .default_text = "5",
     .min = 0,
     .max = 1,
     .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
