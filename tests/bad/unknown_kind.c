/* SPDX-License-Identifier: MIT */
/* Of a kind that does not exist. */
#define ID "unknown_kind"
#define KIND 42
#include "bad.h"
