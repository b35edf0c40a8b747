/* SPDX-License-Identifier: MIT */
/* Its id is not one. */
#define ID "Odd-Id"

#include "bad.h"
