/* Programs as child processes, without a shell. Each child is waited for by its number: others may
 * be somebody else's. */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>

#include "base/core.h"

struct spawn {
    const char *const *words; /* the program, looked for in PATH unless it has a slash, and its
                                 arguments; NULL after the last */
    /* File descriptors that become its standard streams; SPAWN_NOTHING: /dev/null. */
    int input, output, error;
    const char *without; /* variables of the environment that begin like this are not passed on;
                            NULL: all are */
};
enum { SPAWN_NOTHING = -1 };

/* Starts it. SYNRL_UNSUPPORTED, "PROGRAM is not installed", where it cannot be found. */
synrl_status spawn_start(struct core *core, const struct spawn *spawn, pid_t *process);
/* Waits for its end. *code: its exit code; 128 + n where signal n ended it. */
synrl_status spawn_wait(struct core *core, pid_t process, int *code);
/* The same of a status that waitpid has given. */
int spawn_code(int status);
/* Starts it, reads what it writes to its standard output, and waits for its end. *text, freed by
 * core_free, has the first `limit` bytes, terminated. spawn->output does not count. */
synrl_status spawn_read(struct core *core, const struct spawn *spawn, size_t limit, char **text,
                        int *code);

#endif
