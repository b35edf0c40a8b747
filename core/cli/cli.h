/* What the subcommands of the program share. */
#ifndef CLI_H
#define CLI_H

#include <jansson.h>
#include <lua.h>
#include <stdio.h>

#include "lua/module.h"
#include "runs/index.h"

enum { EXIT_DONE = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 75 };

/* One a file; argv[0] is the subcommand's name. Each returns an exit code. */
int command_diff(int argc, char **argv);
int command_export(int argc, char **argv);
int command_help(int argc, char **argv);
int command_ls(int argc, char **argv);
int command_plugins(int argc, char **argv);
int command_reindex(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_report(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_rm(int argc, char **argv);
int command_run(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_show(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_version(int argc, char **argv);

/* command_run; resume: as in settings, or NULL. */
int run_or_resume(int argc, char **argv, const char *resume);

/* Says how the program is used. */
void usage(FILE *stream);
/* "synrl: message" to stderr; returns EXIT_USAGE. */
int misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A core for a command that runs nothing; what it logs goes to stderr. NULL with the reason said.
 */
struct core *make_core(void);

/* For the commands about recorded runs (arguments.c). */
struct flag {
    const char *name;
    bool *is_set;        /* of a switch; else NULL, and a value follows */
    const char **values; /* the place for the value, or for all of them where they are counted */
    size_t *n_values;
};
/* Takes the flags out and leaves the other words at the front of argv. An exit code. */
int parse_flags(int argc, char **argv, size_t n_flags, const struct flag *flags, size_t *n_words);
/* The exit code of a status, with the core's message on stderr. */
int told(const struct core *core, synrl_status status);
/* The index of a folder of runs, up to date. */
synrl_status open_index(struct core *core, const char *runs, bool anew, struct index **index,
                        struct index_report *report);
/* For commands that do not need the index: brings it up to date where there is a folder of runs,
 * and only warns where it cannot. */
void refresh_index(struct core *core, const char *runs);
/* The same with a core of its own: at the end of what has recorded runs. */
void index_runs(const char *runs);
/* Whether all of stdout was written; says so where not. */
bool end_output(void);

/* For a program: JSON, sorted, with a line's end. False where there is no memory for it. */
bool output_json(FILE *stream, const json_t *value);
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
