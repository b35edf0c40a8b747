/* SPDX-License-Identifier: MIT */
/* The folders that plugins are looked for in. */
#ifndef SEARCH_PATH_H
#define SEARCH_PATH_H

#include <limits.h>

#include "base/core.h"

struct folder {
    struct folder *next;
    char path[];
};

/* Those of `first`, of the environment's SYNRL_PLUGIN_PATH, beside the program, and the installed
 * one, in this order; to be freed after a failure too. false: no memory. */
bool search_path_create(struct core *core, const char *first, struct folder **folders);
void search_path_free(struct core *core, struct folder *folders);

/* The folder of the program or library that holds this code; false: unknown. */
bool search_path_home(char folder[PATH_MAX]);

#endif
