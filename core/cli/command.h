/* SPDX-License-Identifier: MIT */
/* The subcommands of the program, one per file: each exports what it takes and what it does. */
#ifndef COMMAND_H
#define COMMAND_H

#include "base/count.h"
#include "base/flags.h"

enum { EXIT_DONE = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 75 };

struct program;

struct command {
    const char *name;
    const char *arguments;   /* what follows the name; one form per line */
    const char *summary;     /* one line for the list of commands */
    const char *description; /* further sentences for help and the manual page; or NULL */
    const char *examples;    /* command lines, each with its end of line */
    size_t n_flags;
    const struct flag *flags;
    bool shows_help; /* takes --help itself: after a script it is the script's */
    /* argv[0] is the command's name. Returns the exit code. */
    int (*run)(const struct program *program, int argc, char **argv);
};
#define COMMAND_FLAGS(table) .n_flags = COUNT_OF(table), .flags = (table)

struct program {
    size_t n;
    const struct command *const *commands;
};

extern const struct command command_check, command_completion, command_data, command_diff,
    command_evaluate, command_export, command_help, command_ls, command_new, command_plugins,
    command_predict, command_reindex, command_replay, command_report, command_resume, command_rm,
    command_run, command_serve, command_show, command_sweep, command_version;

#endif
