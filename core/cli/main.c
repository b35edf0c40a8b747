/* The synrl program: finds the subcommand and hands over. Exit codes: 0 done, 1 error, 2 wrong
 * usage, 75 interrupted. */
#include <stdarg.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/cli.h"
#include "plugin/host.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments, *summary;
} commands[] = {
    {"run", command_run, "[options] SCRIPT [key=value ...]",
     "runs an experiment; SCRIPT --help shows its options"},
    {"resume", command_resume, "[options] RUN",
     "goes on with a run that was interrupted, and the rest of its script"},
    {"sweep", command_sweep, "[options] SCRIPT key=a,b|1..5 ...",
     "runs a script with every combination of options, side by side"},
    {"report", command_report, "RUN ... [-o FILE] [--title TEXT]",
     "makes a page about runs: curves, policies, mistakes, in one file"},
    {"serve", command_serve, "[--port N] [--runs DIR]", "shows the runs in a browser, as they go"},
    {"replay", command_replay, "[options] RUN",
     "repeats a run from its transcript, without data, and checks its weights"},
    {"diff", command_diff, "RUN RUN", "finds the first iteration and synapse where two runs part"},
    {"ls", command_ls, "[options]", "lists the recorded runs, the newest last"},
    {"show", command_show, "RUN [--json]", "shows a run: its folder, or the beginning of its name"},
    {"export", command_export, "RUN --csv|--npz|--tensorboard DIR", "a run's metrics, to -o FILE"},
    {"rm", command_rm, "RUN... [--force]", "removes runs; --force: even those that go on"},
    {"reindex", command_reindex, "", "makes the index of the runs anew"},
    {"plugins", command_plugins, "", "lists the plugins that are found"},
    {"help", command_help, "[KIND ID]", "shows a plugin and its parameters"},
    {"version", command_version, "", "shows the versions"},
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

void usage(FILE *stream) {
    fprintf(stream, "usage:\n");
    for (size_t c = 0; c < N_COMMANDS; c++) {
        fprintf(stream, "  synrl %-7s %-34s %s\n", commands[c].name, commands[c].arguments,
                commands[c].summary);
    }
    fprintf(stream,
            "\n"
            "options of run:\n"
            "  --json          prints what the script returns to stdout, as JSON\n"
            "  --seed N        the seed of the runs, and the option `seed` of the script\n"
            "  --threads N     workers; the results are the same for any number\n"
            "  --runs DIR      records runs in DIR (default: runs)\n"
            "  --no-record     records nothing\n"
            "  --no-pictures   records without drawing\n"
            "  --plot          draws the loss curve of each run in the terminal\n"
            "  --quiet         shows no progress\n"
            "  --traceback     shows where in the script an error came from\n"
            "\n"
            "options of sweep:\n"
            "  -j N            processes side by side\n"
            "  --threads N     workers of all of them together\n"
            "  --metric A,B    the columns of the table\n"
            "  --retries N     tries what fails again; --fail-fast: ends with it\n"
            "  --fresh         runs again what has a result already\n"
            "  --shard K/N     runs the Kth of N parts\n"
            "  --json, --no-record, --quiet, --runs DIR as of run\n"
            "\n"
            "options of replay:\n"
            "  --synapse L:TO:FROM   shows what this synapse of layer L saw and did\n"
            "  --steps A..B          in these iterations alone\n"
            "\n"
            "options of ls:\n"
            "  --runs DIR      the runs in DIR (default: runs); show, export, rm, reindex,\n"
            "                  report, serve and sweep take it too\n"
            "  --status S      done, stopped, failed, interrupted, running, crashed or unknown\n"
            "  --name GLOB     runs of such a name\n"
            "  --where K=V     with this in the config, such as rule.parameters.epsilon=0.1\n"
            "  --sort COLUMN   by a column, such as valid_accuracy; --reverse: backwards\n"
            "  --limit N       the newest N, or the first N of --sort\n"
            "  --json          all columns and the config, as JSON\n");
}

int misused(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("synrl: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
    return EXIT_USAGE;
}

static void log_line(void *context, synrl_log_level level, const char *line) {
    (void)context;
    fprintf(stderr, "synrl: %s%s\n", level == SYNRL_LOG_WARNING ? "warning: " : "", line);
}

struct core *make_core(void) {
    const struct core_options options = {.n_threads = 1, .log = log_line};
    struct core *core = core_create(&options);
    if (core == NULL) {
        fprintf(stderr, "synrl: not enough memory\n");
    }
    return core;
}

static int unknown(const char *name) {
    const char *names[N_COMMANDS];
    for (size_t c = 0; c < N_COMMANDS; c++) {
        names[c] = commands[c].name;
    }
    const char *nearest = suggest(name, N_COMMANDS, names);
    return misused("unknown command \"%s\"%s%s%s", name, nearest != NULL ? ", did you mean \"" : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "; see `synrl help`");
}

/* `run` looks for --help itself: behind a script it is the script's. */
static bool asks_for_help(int argc, char **argv) {
    bool asks = false;
    for (int i = 2; i < argc && strcmp(argv[1], "run") != 0; i++) {
        asks = asks || strcmp(argv[i], "--help") == 0;
    }
    return asks;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    for (size_t c = 0; c < N_COMMANDS; c++) {
        if (strcmp(name, commands[c].name) == 0 && asks_for_help(argc, argv)) {
            usage(stdout);
            return EXIT_DONE;
        }
        if (strcmp(name, commands[c].name) == 0) {
            return commands[c].run(argc - 1, argv + 1);
        }
    }
    return unknown(name);
}
