/* SPDX-License-Identifier: MIT */
/* Asks for units without a source. */
#define N_SOURCES 0
#include "model.h"
