/* SPDX-License-Identifier: MIT */
/* Remembers something, but has no instance to keep it in. */
#define ID "no_self"
#define SELF_SIZE 0
#include "bad.h"
