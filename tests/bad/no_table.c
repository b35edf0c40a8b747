/* SPDX-License-Identifier: MIT */
/* Has parameters, but no table of them. */
#define ID "no_table"
#define PARAMS NULL
#define N_PARAMS 3
#include "bad.h"
