/* SPDX-License-Identifier: MIT */
/* Whether a file can be loaded as a library at all. */
#ifndef LIBRARY_CHECK_H
#define LIBRARY_CHECK_H

#include "base/core.h"

/* SYNRL_INVALID, naming the file, where it is not a regular file or not an ELF library, or is
 * shorter than its segments: loading it would end the process with a signal. */
synrl_status library_check(struct core *core, const char *file);

#endif
