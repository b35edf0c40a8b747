/* SPDX-License-Identifier: MIT */
/* What is said when the process ends, or does not end, in the middle of a plugin's operation. */
#ifndef CRASH_H
#define CRASH_H

#include "base/core.h"

/* From now on a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) or a call of exit while an
 * operation of a plugin is running writes one line to stderr that names the plugin, the operation
 * and the iteration. A crash ends the process as before; an exit ends it with status 1. Returns
 * where a core is to note its operations (core_options.running). */
struct operation *crash_watch(void);

/* For a signal handler: where an operation is running, writes a line that names it as what the
 * program waits for, and returns true. */
bool crash_say_operation(void);

#endif
