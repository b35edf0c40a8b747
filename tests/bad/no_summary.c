/* SPDX-License-Identifier: MIT */
/* Does not say what it is. */
#define ID "no_summary"
#define SUMMARY NULL
#include "bad.h"
