/* SPDX-License-Identifier: MIT */
/* Its entry is larger than any. */
#define ID "huge_entry"
#define ENTRY_SIZE 100000
#include "bad.h"
