/* SPDX-License-Identifier: MIT */
/* Terms that are larger than what is added up. */
#define TERM 1e30F
#include "loss.h"
