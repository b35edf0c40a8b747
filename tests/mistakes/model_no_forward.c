/* SPDX-License-Identifier: MIT */
/* Has no forward. */
#define MORE .forward = NULL
#include "model.h"
