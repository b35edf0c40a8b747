/* SPDX-License-Identifier: MIT */
/* Does not say what it is called. */
#define ENTRY_ID NULL
#include "bad.h"
