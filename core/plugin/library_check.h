/* SPDX-License-Identifier: MIT */
/* Whether a file can be loaded as a library at all. */
#ifndef LIBRARY_CHECK_H
#define LIBRARY_CHECK_H

#include "base/core.h"

/* SYNRL_INVALID, naming the file, where it is not a regular file or not a shared object of this
 * machine, or where its segments or sections are damaged or lie beyond its end: loading it would
 * end the process with a signal, or load less than was written. */
synrl_status library_check(struct core *core, const char *path);

#endif
