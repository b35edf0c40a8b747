/* SPDX-License-Identifier: MIT */
/* Of a trait that does not exist. */
#define ID "unknown_trait"
#define TRAITS 0x80
#include "bad.h"
