/* SPDX-License-Identifier: MIT */
/* The parameters of a plugin as text. */
#ifndef PLUGIN_HELP_H
#define PLUGIN_HELP_H

#include <stdbool.h>
#include <stdio.h>

#include "plugin/registry.h"

/* Writes its name, its source and one line per parameter, for `synrl help KIND ID`. False where
 * there is no memory for it. */
bool plugin_help(const struct plugin *plugin, FILE *stream);

#endif
