/* SPDX-License-Identifier: MIT */
/* Its rows are shorter than those of these headers. */
#define ID "param_size"
#define PARAM_SIZE offsetof(synrl_param, meaning)
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed", .type = SYNRL_PARAM_NUMBER, .meaning = "metres per second"},
};
#define PARAMS params
#include "bad.h"
