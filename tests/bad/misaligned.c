/* SPDX-License-Identifier: MIT */
/* A parameter at an offset where its type cannot be. */
#define ID "misaligned"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed", .type = SYNRL_PARAM_NUMBER, .offset = 4, .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
