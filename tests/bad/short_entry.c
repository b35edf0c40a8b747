/* SPDX-License-Identifier: MIT */
/* Its entry ends before the parameters. */
#define ID "short_entry"
#define ENTRY_SIZE offsetof(synrl_plugin, params)
#include "bad.h"
