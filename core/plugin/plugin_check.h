/* SPDX-License-Identifier: MIT */
/* Whether what a file says of itself can be believed. Reads constant data only: no code of the
 * plugin runs. */
#ifndef PLUGIN_CHECK_H
#define PLUGIN_CHECK_H

#include "base/core.h"
#include "plugin/kind.h"

/* The version first, since every later field's place depends on it. `file` ends in ID.so. */
synrl_status plugin_check(struct core *core, const synrl_plugin *entry, const char *file);

/* [a-z][a-z0-9_]*, at most 63 letters: what can be an id, or the name of a parameter. */
bool is_plugin_id(const char *text);

#endif
