/* SPDX-License-Identifier: MIT */
/* A folder for what the checks record. */
#ifndef CHECK_SCRATCH_H
#define CHECK_SCRATCH_H

#include "base/core.h"

/* A new, empty folder where temporary files go; its path is freed by scratch_remove. */
synrl_status scratch_make(struct core *core, char **path);
/* Removes it with all that is in it; NULL is allowed. */
void scratch_remove(struct core *core, char *path);

#endif
