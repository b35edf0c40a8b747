/* SPDX-License-Identifier: MIT */
/* Asks for units of a tensor that there is not. */
#define SOURCE \
    { 7, 0, NULL }
#include "model.h"
