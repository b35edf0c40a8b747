/* SPDX-License-Identifier: MIT */
/* Two parameters that share bytes of the config. */
#define ID "overlapping"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "speed", .type = SYNRL_PARAM_NUMBER, .meaning = "metres per second"},
    {.name = "gear", .type = SYNRL_PARAM_CHOICE, .offset = 4, .choices = "1|2", .meaning = "gear"},
};
#define PARAMS params
#include "bad.h"
