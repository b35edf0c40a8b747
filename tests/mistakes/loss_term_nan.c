/* SPDX-License-Identifier: MIT */
/* A term that is NaN. */
#define TERM s == 3 ? NAN : d *d
#include "loss.h"
