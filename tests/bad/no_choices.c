/* SPDX-License-Identifier: MIT */
/* A choice of nothing. */
#define ID "no_choices"
#include <synrl/param.h>

static const synrl_param params[] = {
    {.name = "gear", .type = SYNRL_PARAM_CHOICE, .choices = "", .meaning = "of the car"},
};
#define PARAMS params
#include "bad.h"
