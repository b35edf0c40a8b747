/* SPDX-License-Identifier: MIT */
/* Programs as child processes, without a shell. Each child is waited for by its process id, since
 * the process may have other children. */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>

#include "base/core.h"

struct spawn {
    /* The program, found in PATH unless it has a slash, and its arguments, ending with NULL. */
    const char *const *words;
    /* File descriptors that become its standard streams; SPAWN_NOTHING: /dev/null. */
    int input, output, error;
    const char *without; /* environment variables with this prefix are not passed on; or NULL */
};
enum { SPAWN_NOTHING = -1 };

/* Starts the program. SYNRL_UNSUPPORTED, "PROGRAM is not installed", where it is not found. */
synrl_status spawn_start(struct core *core, const struct spawn *spawn, pid_t *process);
/* Waits for a process to end. *code: its exit code, or 128 + n after signal n. */
synrl_status spawn_wait(struct core *core, pid_t process, int *code);
/* The same code for a status from waitpid. */
int spawn_code(int status);
/* Starts the program, reads its standard output, and waits for it to end. *text, freed by
 * core_free, has the first `limit` bytes, terminated. spawn->output is ignored. */
synrl_status spawn_read(struct core *core, const struct spawn *spawn, size_t limit, char **text,
                        int *code);

#endif
