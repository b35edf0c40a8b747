/* synrl run: an experiment, from its script to what it returns.
 *
 * A signal only sets a flag and a hook. A run that is going on is stopped and recorded as stopped,
 * then the script ends with an error; a second signal ends the program at once. With --json,
 * stdout is kept for the one JSON object: what the script itself prints goes to stderr. */
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/crash.h"

struct script_run {
    struct settings settings;
    struct progress progress;
    bool json, quiet, plot, traceback, help;
    const char *const *overrides;
    json_t *result;
    char problem[256];
};

/* Signals -------------------------------------------------------------------------------------- */

/* What a signal handler can reach. */
static volatile sig_atomic_t interrupted;
static lua_State *volatile interrupted_state;

static void raise_interrupt(lua_State *L, lua_Debug *where) {
    (void)where;
    luaL_error(L, "interrupted");
}

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
    lua_sethook(interrupted_state, raise_interrupt,
                LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static void catch_signals(lua_State *L) {
    interrupted_state = L;
    const struct sigaction action = {.sa_handler = on_signal,
                                     .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Workers are started with the signals blocked: only this thread may touch the Lua state. */
static void block_signals(int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(how, &set, NULL);
}

/* The command line ----------------------------------------------------------------------------- */

static bool parse_number(const char *text, uint64_t max, uint64_t *number) {
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    *number = value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value <= max;
}

static int parse_value(struct script_run *job, const char *flag, const char *value) {
    if (value == NULL) {
        return misused("%s needs a value", flag);
    }
    uint64_t number = 0;
    if (strcmp(flag, "--runs") == 0) {
        job->settings.runs = value;
    } else if (strcmp(flag, "--cell") == 0) { /* by sweeps alone */
        unsigned long long sweep = 0;
        if (sscanf(value, "%llu:%zu", &sweep, &job->settings.cell) != 2 || sweep == 0) {
            return misused("--cell must be SWEEP:CELL, not \"%s\"", value);
        }
        job->settings.cell_sweep = sweep;
        job->settings.cell_place = value;
    } else if (strcmp(flag, "--cell-hash") == 0) { /* as well */
        job->settings.cell_hash = value;
    } else if (strcmp(flag, "--seed") == 0) {
        if (!parse_number(value, INT64_MAX, &number)) {
            return misused("--seed must be an integer from 0 to 2^63 - 1, not \"%s\"", value);
        }
        job->settings.has_seed = true;
        job->settings.seed = number;
    } else {
        if (!parse_number(value, 1024, &number) || number == 0) {
            return misused("--threads must be an integer from 1 to 1024, not \"%s\"", value);
        }
        job->settings.n_threads = (size_t)number;
    }
    return EXIT_DONE;
}

static int parse_flag(struct script_run *job, const char *flag) {
    static const char *const names[] = {"--help", "--json",   "--no-record", "--no-pictures",
                                        "--plot", "--quiet",  "--traceback", "--runs",
                                        "--seed", "--threads"};
    enum { N_SWITCHES = 7, N_FLAGS = sizeof names / sizeof names[0] };
    bool *const switches[N_SWITCHES] = {&job->help, &job->json,  NULL,           NULL,
                                        &job->plot, &job->quiet, &job->traceback};
    for (size_t i = 0; i < N_SWITCHES; i++) {
        if (strcmp(flag, names[i]) == 0 && switches[i] != NULL) {
            *switches[i] = true;
            return EXIT_DONE;
        }
    }
    if (strcmp(flag, "--no-record") == 0) {
        job->settings.runs = NULL;
        return EXIT_DONE;
    }
    if (strcmp(flag, "--no-pictures") == 0) {
        job->settings.pictures = false;
        return EXIT_DONE;
    }
    const char *nearest = suggest(flag, N_FLAGS, names);
    return misused("unknown option %s%s%s%s", flag, nearest != NULL ? ", did you mean " : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "?" : "; see `synrl help`");
}

static bool takes_value(const char *flag) {
    return strcmp(flag, "--runs") == 0 || strcmp(flag, "--seed") == 0 ||
           strcmp(flag, "--threads") == 0 || strcmp(flag, "--cell") == 0 ||
           strcmp(flag, "--cell-hash") == 0;
}

/* Overrides are gathered at the front of argv, where flags were. */
static int parse(struct script_run *job, int argc, char **argv) {
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        int code = EXIT_DONE;
        if (takes_value(argv[i])) {
            const char *flag = argv[i++];
            code = parse_value(job, flag, i < argc ? argv[i] : NULL);
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            code = parse_flag(job, argv[i]);
        } else if (job->settings.script == NULL) {
            job->settings.script = argv[i];
        } else if (strchr(argv[i], '=') == NULL) {
            code = misused("\"%s\": options of a script are written key=value", argv[i]);
        } else {
            argv[n++] = argv[i];
        }
        if (code != EXIT_DONE) {
            return code;
        }
    }
    job->settings.overrides = (const char *const *)argv;
    job->settings.n_overrides = n;
    job->settings.help = job->help;
    if (job->settings.script == NULL && !job->help) {
        return misused("which script? write synrl run SCRIPT [key=value ...]");
    }
    if (job->plot && job->settings.runs == NULL) {
        return misused("--plot draws what is recorded: leave out --no-record");
    }
    return EXIT_DONE;
}

static bool is_plain(const char *word) {
    return word[0] != '\0' && strspn(word,
                                     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-=.,:/+@%") == strlen(word);
}

/* The command line as a shell would take it, freed by free; NULL: no memory. */
static char *command_line(int argc, char **argv) {
    size_t size = sizeof "synrl";
    for (int i = 0; i < argc; i++) {
        size += 4 * strlen(argv[i]) + 3;
    }
    char *line = malloc(size);
    if (line == NULL) {
        return NULL;
    }
    char *end = stpcpy(line, "synrl");
    for (int i = 0; i < argc; i++) {
        *end++ = ' ';
        if (is_plain(argv[i])) {
            end = stpcpy(end, argv[i]);
            continue;
        }
        *end++ = '\'';
        for (const char *c = argv[i]; *c != '\0'; c++) {
            end = *c == '\'' ? stpcpy(end, "'\\''") : (*end = *c, end + 1);
        }
        end = stpcpy(end, "'");
    }
    *end = '\0';
    return line;
}

/* The script ----------------------------------------------------------------------------------- */

/* So that a script can require what lies beside it. */
static void add_script_folder(lua_State *L, const char *script) {
    const char *slash = strrchr(script, '/');
    if (slash == NULL) {
        return; /* "./?.lua" is in the path already */
    }
    lua_getglobal(L, "package");
    lua_pushlstring(L, script, (size_t)(slash - script));
    lua_pushliteral(L, "/?.lua;");
    lua_getfield(L, -3, "path");
    lua_concat(L, 3);
    lua_setfield(L, -2, "path");
    lua_pop(L, 1);
}

static void seed_random(lua_State *L, uint64_t seed) {
    lua_getglobal(L, "math");
    lua_getfield(L, -1, "randomseed");
    lua_pushinteger(L, (lua_Integer)seed);
    lua_call(L, 1, 0);
    lua_pop(L, 1);
}

static int explain(lua_State *L) {
    const struct script_run *job = lua_touserdata(L, lua_upvalueindex(1));
    luaL_tolstring(L, 1, NULL);
    if (job->traceback) {
        luaL_traceback(L, L, lua_tostring(L, -1), 1);
    }
    return 1;
}

static void prepare(lua_State *L, struct script_run *job) {
    settings_give(L, &job->settings);
    luaL_openlibs(L);
    luaL_requiref(L, "synrl", luaopen_synrl, 0);
    block_signals(SIG_UNBLOCK);
    seed_random(L, job->settings.seed);
    add_script_folder(L, job->settings.script);
}

/* Leaves on the stack what the script returns. */
static void call_script(lua_State *L, struct script_run *job) {
    lua_pushlightuserdata(L, job);
    lua_pushcclosure(L, explain, 1);
    const int handler = lua_gettop(L);
    if (luaL_loadfile(L, job->settings.script) != LUA_OK || lua_pcall(L, 0, 1, handler) != LUA_OK) {
        lua_error(L);
    }
    if (job->settings.n_overrides > 0 && !job->settings.options_taken) {
        job->settings.misused = true;
        luaL_error(L, "\"%s\": %s takes no options", job->settings.overrides[0],
                   job->settings.script);
    }
}

/* (job): runs the script and converts what it returns. Throws what went wrong. */
static int run_script(lua_State *L) {
    struct script_run *job = lua_touserdata(L, 1);
    prepare(L, job);
    call_script(L, job);
    if (lua_isnil(L, -1)) {
        job->result = json_object();
        return 0;
    }
    job->result = json_from_lua(L, -1, job->problem, sizeof job->problem);
    if (job->result == NULL) {
        return luaL_error(L, "%s: %s", job->settings.script, job->problem);
    }
    if (job->json && !json_is_object(job->result)) {
        return luaL_error(L, "%s: must return a table with names, to be printed as JSON",
                          job->settings.script);
    }
    return 0;
}

/* The exit code, from what became of the script; its error is on top of the stack. */
static int conclude(lua_State *L, const struct script_run *job, int outcome) {
    if (job->settings.help) {
        if (outcome != LUA_OK && !job->settings.helped) {
            fprintf(stderr, "%s\n", lua_tostring(L, -1));
            return EXIT_ERROR;
        }
        if (!job->settings.options_taken) {
            printf("%s takes no options\n", job->settings.script);
        }
        return EXIT_DONE;
    }
    if (outcome == LUA_OK || job->settings.cell_result != NULL) {
        return EXIT_DONE;
    }
    if (interrupted != 0) {
        fprintf(stderr, "%s: interrupted\n", job->settings.script);
        return EXIT_INTERRUPTED;
    }
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return job->settings.misused ? EXIT_USAGE : EXIT_ERROR;
}

static int print_result(const struct script_run *job, FILE *stream) {
    if (!job->json) {
        output_print(stream, job->result);
    } else if (!output_json(stream, job->result)) {
        fprintf(stderr, "synrl: not enough memory to write JSON\n");
        return EXIT_ERROR;
    }
    if (fflush(stream) != 0 || ferror(stream) != 0) {
        fprintf(stderr, "synrl: cannot write the result: %s\n", strerror(errno));
        return EXIT_ERROR;
    }
    return EXIT_DONE;
}

static void log_line(void *context, synrl_log_level level, const char *line) {
    struct script_run *job = context;
    if (level == SYNRL_LOG_WARNING || !job->quiet) {
        progress_clear(&job->progress);
        fprintf(stderr, "synrl: %s%s\n", level == SYNRL_LOG_WARNING ? "warning: " : "", line);
    }
}

static int run(struct script_run *job) {
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        fprintf(stderr, "synrl: not enough memory\n");
        return EXIT_ERROR;
    }
    block_signals(SIG_BLOCK);
    catch_signals(L);
    lua_pushcfunction(L, run_script);
    lua_pushlightuserdata(L, job);
    const int outcome = lua_pcall(L, 1, 0, 0);
    lua_sethook(L, NULL, 0, 0);
    progress_clear(&job->progress);
    const int code = conclude(L, job, outcome);
    lua_close(L);
    return code;
}

/* The stream for the result. With --json, stdout from now on is stderr for everyone else. */
static FILE *open_output(bool json) {
    if (!json) {
        return stdout;
    }
    const int kept = dup(STDOUT_FILENO);
    FILE *stream = kept >= 0 ? fdopen(kept, "w") : NULL;
    if (stream == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        fprintf(stderr, "synrl: cannot write to stdout: %s\n", strerror(errno));
        return NULL;
    }
    return stream;
}

int command_run(int argc, char **argv) {
    return run_or_resume(argc, argv, NULL);
}

int run_or_resume(int argc, char **argv, const char *resume) {
    struct script_run job = {.settings = settings_default()};
    job.settings.running = crash_watch();
    char *command = command_line(argc, argv);
    int code = parse(&job, argc, argv);
    if (code == EXIT_DONE && job.settings.script == NULL) {
        usage(stdout);
        free(command);
        return EXIT_DONE;
    }
    FILE *stream = code == EXIT_DONE ? open_output(job.json) : NULL;
    if (stream != NULL) {
        progress_init(&job.progress, job.plot);
        job.settings.command = command;
        job.settings.resume = resume;
        job.settings.interrupted = &interrupted;
        job.settings.log = log_line;
        job.settings.log_context = &job;
        job.settings.display = job.quiet ? NULL : &job.progress.display;
        job.traceback = job.traceback || getenv("SYNRL_TRACEBACK") != NULL;
        code = run(&job);
        if (job.settings.cell_result != NULL) {
            json_decref(job.result);
            job.result = job.settings.cell_result;
        }
        if (code == EXIT_DONE && !job.settings.help) {
            code = print_result(&job, stream);
        }
        json_decref(job.result);
        if (job.settings.runs != NULL && job.settings.cell_hash == NULL && !job.settings.help) {
            index_runs(job.settings.runs);
        }
    }
    if (stream != NULL && stream != stdout) {
        fclose(stream);
    }
    free(command);
    return code != EXIT_DONE || stream != NULL ? code : EXIT_ERROR;
}
