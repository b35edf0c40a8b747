/* SPDX-License-Identifier: MIT */
/* Runs the program, or the stock interpreter, as a child in a folder of its own. */
#ifndef CHILD_H
#define CHILD_H

#include "support/sanitizer.h"
#include "support/scratch.h"

/* Whether the stock interpreter can load the module: it cannot load code with a sanitizer that it
 * does not have itself; gcc's for undefined behaviour comes with the module. */
#if defined(HAS_ADDRESS_SANITIZER) || defined(HAS_THREAD_SANITIZER) || \
    defined(HAS_CLANGS_UNDEFINED_SANITIZER)
#define STOCK_LUA false
#else
#define STOCK_LUA true
#endif

struct child {
    struct scratch scratch; /* the child's working directory */
    char *output, *error;   /* stdout and stderr of the last run */
};

/* Anything that goes wrong here ends the test. */
void child_open(struct child *child);
void child_close(struct child *child);
/* Runs a shell command line in the folder; $BUILD is the build folder. Returns the exit code. */
int child_run(struct child *child, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As child_run, of a command that must exit with 0. */
void child_ok(struct child *child, const char *command);
/* Whether the last run's stdout or stderr has this text in it. */
bool child_said(const struct child *child, const char *text);

#endif
