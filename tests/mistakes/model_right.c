/* SPDX-License-Identifier: MIT */
/* No mistake: what the others are compared with. */
#include "model.h"
