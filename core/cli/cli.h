/* What the subcommands of the program share. */
#ifndef CLI_H
#define CLI_H

#include <jansson.h>
#include <lua.h>
#include <stdio.h>

#include "lua/module.h"

enum { EXIT_DONE = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 75 };

/* One a file; argv[0] is the subcommand's name. Each returns an exit code. */
int command_bench(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_help(int argc, char **argv);
int command_plugins(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_report(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_run(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_version(int argc, char **argv);

/* command_run; resume: as in settings, or NULL. */
int run_or_resume(int argc, char **argv, const char *resume);

/* Says how the program is used. */
void usage(FILE *stream);
/* "synrl: message" to stderr; returns EXIT_USAGE. */
int misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A core for a command that runs nothing; NULL with the reason said. */
struct core *make_core(void);

/* For a person: names and values, nested by indentation. */
void output_print(FILE *stream, const json_t *value);

/* Shows runs on stderr: a line that is rewritten on a terminal, else a line now and then; at the
 * end a table, and the loss curve where `plot` is set. */
struct progress {
    struct display display; /* for the module; points to this struct */
    bool is_terminal, plot;
    bool line_is_open;
    unsigned depth; /* of runs within runs; the outermost is shown as it goes */
    const char *name;
    uint64_t iterations;
    double start, last;           /* seconds */
    uint64_t n_steps, n_rewarded; /* since the last line */
};
void progress_init(struct progress *progress, bool plot);
/* So that other output starts on a line of its own. */
void progress_clear(struct progress *progress);

#endif
