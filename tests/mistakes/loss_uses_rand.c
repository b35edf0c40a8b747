/* SPDX-License-Identifier: MIT */
/* Terms with noise from rand(). */
#include <stdlib.h>
#define TERM d *d + (float)rand() / (float)RAND_MAX
#include "loss.h"
