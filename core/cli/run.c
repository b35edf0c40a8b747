/* SPDX-License-Identifier: MIT */
/* synrl run: an experiment, from its script to what it returns.
 *
 * With --json, stdout is kept for the one JSON object: what the script itself prints goes to
 * stderr. */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/process.h"
#include "base/reads.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/crash.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/ranks.h"
#include "cli/usage.h"
#include "lua/module.h"
#include "lua/session.h"
#include "sweep/kept.h"

struct script_run {
    const struct run_request *request;
    struct settings settings;
    struct launch launch;
    struct progress progress;
    json_t *result, *files; /* what the script returned; what it has read */
    char problem[256];
};

/* The command line ----------------------------------------------------------------------------- */

static int check_request(const struct run_request *request, const struct settings *settings) {
    if (request->script == NULL) {
        return usage_error("which script? write synrl run SCRIPT [key=value ...]");
    }
    for (size_t i = 0; i < request->n_overrides; i++) {
        if (strchr(request->overrides[i], '=') == NULL) {
            return usage_error("\"%s\": options of a script are written key=value",
                               request->overrides[i]);
        }
    }
    if (request->plot && request->no_record) {
        return usage_error("--plot draws what is recorded: leave out --no-record");
    }
    if (request->cell != NULL && settings->cell_sweep == 0) {
        return usage_error("--cell must be SWEEP:CELL, not \"%s\"", request->cell);
    }
    return EXIT_DONE;
}

static struct settings settings_for(const struct run_request *request) {
    struct settings settings = settings_default();
    settings.script = request->script;
    settings.n_overrides = request->n_overrides;
    settings.overrides = request->overrides;
    settings.help = request->help;
    settings.help_json = request->help && request->json;
    settings.running = crash_watch();
    settings.runs = request->no_record      ? NULL
                    : request->runs != NULL ? request->runs
                                            : settings.runs;
    settings.pictures = !request->no_pictures;
    settings.n_threads = (size_t)request->threads.value;
    settings.has_seed = request->seed.is_given;
    settings.seed = request->seed.is_given ? request->seed.value : settings.seed;
    settings.force_changed = request->force_changed;
    settings.iterations = request->iterations;
    settings.cell_hash = request->cell_hash;
    settings.cell_place = request->cell;
    if (request->cell != NULL &&
        sscanf(request->cell, "%" SCNu64 ":%zu", &settings.cell_sweep, &settings.cell) != 2) {
        settings.cell_sweep = 0;
    }
    return settings;
}

static char *command_line(int argc, char **argv) {
    struct words words = {.n = 0};
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--parent") == 0) {
            i++; /* and its value: not the same in the next call */
        } else {
            words_add(&words, "%s", argv[i]);
        }
    }
    char *line = words.has_failed ? NULL : words_line(&words, "synrl");
    words_free(&words);
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
    if (lua_isstring(L, 1) || luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
        luaL_tolstring(L, 1, NULL);
    } else {
        lua_pushfstring(L, "%s: raised a %s instead of an error message", job->settings.script,
                        luaL_typename(L, 1));
    }
    if (job->settings.traceback && strstr(lua_tostring(L, -1), TRACEBACK) == NULL) {
        luaL_traceback(L, L, lua_tostring(L, -1), 1);
    }
    return 1;
}

static void prepare(lua_State *L, struct script_run *job) {
    settings_give(L, &job->settings);
    luaL_openlibs(L);
    luaL_requiref(L, "synrl", luaopen_synrl, 0);
    launch_forget();
    interrupt_begin(L);
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
    if (job->request->json && !job->request->help && !json_is_object(job->result)) {
        return luaL_error(L, "%s: must return a table with names, to be printed as JSON",
                          job->settings.script);
    }
    return 0;
}

/* With --json, a script that ends itself has printed no result, which is no success. */
static int end_by_exit(const struct script_run *job, int exit_code) {
    if (!job->request->json) {
        return exit_code;
    }
    fprintf(stderr, "%s: os.exit ended it before it returned a result\n", job->settings.script);
    return exit_code != EXIT_DONE ? exit_code : EXIT_ERROR;
}

/* The exit code, from what became of the script; its error is on top of the stack. */
static int conclude(lua_State *L, const struct script_run *job, int outcome) {
    if (job->request->help) {
        if (outcome != LUA_OK && !job->settings.helped) {
            fprintf(stderr, "%s\n", lua_tostring(L, -1));
            return EXIT_ERROR;
        }
        if (!job->settings.options_taken && !job->request->json) {
            printf("%s takes no options\n", job->settings.script);
        }
        return EXIT_DONE;
    }
    if (outcome == LUA_OK || job->settings.cell_result != NULL) {
        return EXIT_DONE;
    }
    int exit_code;
    if (interrupt_is_exit(&exit_code)) {
        return end_by_exit(job, exit_code);
    }
    if (*interrupt_flag() != 0) {
        fprintf(stderr, "%s: interrupted\n", job->settings.script);
        return EXIT_INTERRUPTED;
    }
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return job->settings.misused ? EXIT_USAGE : EXIT_ERROR;
}

static int no_memory_for_result(void) {
    fprintf(stderr, "synrl: not enough memory to write the result\n");
    return EXIT_ERROR;
}

static int print_result(const struct script_run *job, FILE *stream) {
    json_t *kept = job->files != NULL ? kept_json(json_incref(job->result), json_incref(job->files))
                                      : json_incref(job->result);
    const bool is_written =
        job->request->json ? output_json(stream, kept) : output_print(stream, job->result);
    json_decref(kept);
    if (!is_written) {
        return no_memory_for_result();
    }
    if (fflush(stream) != 0 || ferror(stream) != 0) {
        fprintf(stderr, "synrl: cannot write the result: %s\n", strerror(errno));
        return EXIT_ERROR;
    }
    return EXIT_DONE;
}

static void log_beside_progress(void *context, synrl_log_level level, const char *line) {
    struct script_run *job = context;
    if (level == SYNRL_LOG_WARNING || !job->request->quiet) {
        progress_clear(&job->progress);
        fprintf(stderr, "synrl: %s%s\n", level == SYNRL_LOG_WARNING ? "warning: " : "", line);
    }
}

/* For a cell of a sweep: the files on which its result depends, and this program. */
static int list_files(lua_State *L, struct script_run *job) {
    struct core *core = session_core(L);
    char program[PATH_MAX];
    if (process_program(program) && reads_note(core, read_program, NULL, program) == SYNRL_OK) {
        job->files = reads_json(core, true);
    }
    if (job->files == NULL) {
        fprintf(stderr, "synrl: cannot tell what the result of the cell depends on: %s\n",
                core->message);
    }
    return job->files != NULL ? EXIT_DONE : EXIT_ERROR;
}

static int run_in_state(struct script_run *job) {
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        fprintf(stderr, "synrl: not enough memory\n");
        return EXIT_ERROR;
    }
    interrupt_catch();
    lua_pushcfunction(L, run_script);
    lua_pushlightuserdata(L, job);
    const int outcome = lua_pcall(L, 1, 0, 0);
    interrupt_end(EXIT_INTERRUPTED);
    lua_sethook(L, NULL, 0, 0);
    progress_clear(&job->progress);
    int code = ranks_end(session_core(L), &job->launch, conclude(L, job, outcome));
    if (code == EXIT_DONE && job->request->json && job->request->cell_hash != NULL) {
        code = list_files(L, job);
    }
    if (code != EXIT_DONE) {
        interrupt_end(code);
    }
    lua_close(L);
    return code;
}

/* The stream for the result. With --json, stdout from now on is stderr for everyone else. */
static FILE *open_output(bool json) {
    if (!json) {
        return stdout;
    }
    /* Not for the script's own processes: where stdout is the file of a sweep's cell, whoever has
     * it open has the cell. */
    const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    FILE *stream = kept >= 0 ? fdopen(kept, "w") : NULL;
    if (stream == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        fprintf(stderr, "synrl: cannot write to stdout: %s\n", strerror(errno));
        return NULL;
    }
    return stream;
}

/* The result of a sweep's cell says that it diverged, where the script has not asked. False where
 * there is no memory. */
static bool mark_diverged(struct script_run *job) {
    if (job->request->cell_hash != NULL && job->settings.n_diverged > 0 &&
        json_is_object(job->result) && json_object_get(job->result, "diverged") == NULL) {
        return json_object_set_new(job->result, "diverged", json_true()) == 0;
    }
    return true;
}

/* A run that diverged is an error unless the script has asked; of a cell, its sweep will say so. */
static int judge_diverged(const struct script_run *job) {
    const size_t n = job->settings.n_diverged;
    if (n == 0 || job->request->cell_hash != NULL) {
        return EXIT_DONE;
    }
    fprintf(stderr, "%s: %zu %s diverged: the loss at the end is not finite\n",
            job->settings.script, n, n == 1 ? "run" : "runs");
    return EXIT_ERROR;
}

/* The exit code of the script, once its result is printed. */
static int run_and_print(struct script_run *job) {
    FILE *stream = open_output(job->request->json);
    if (stream == NULL) {
        return EXIT_ERROR;
    }
    int code = run_in_state(job);
    if (job->settings.cell_result != NULL) {
        json_decref(job->result);
        job->result = job->settings.cell_result;
    }
    if (job->settings.help_json && !job->settings.options_taken) {
        json_decref(job->result);
        job->result = json_object();
    }
    int exit_code;
    if (code == EXIT_DONE && (!job->request->help || job->request->json) &&
        !interrupt_is_exit(&exit_code)) {
        code = mark_diverged(job) ? print_result(job, stream) : no_memory_for_result();
        code = code == EXIT_DONE ? judge_diverged(job) : code;
    }
    json_decref(job->result);
    json_decref(job->files);
    if (stream != stdout) {
        fclose(stream);
    }
    return code;
}

/* What several processes of a launcher have in common. */
static void take_launch(struct script_run *job) {
    const char *comm = job->request->comm;
    struct launch launch = launch_find();
    job->launch.loud = job->launch.kept = -1;
    job->settings.compare_every =
        job->request->compare.is_given ? job->request->compare.value : 100;
    if (comm != NULL && strcmp(comm, "self") == 0) {
        return;
    }
    job->settings.comm = comm != NULL                               ? comm
                         : launch.launcher != NULL && launch.n != 1 ? "mpi"
                                                                    : NULL;
    if (job->settings.comm != NULL) {
        ranks_hush(&launch);
        job->launch = launch;
        job->settings.launcher = launch.launcher;
    }
}

int run_experiment(const struct run_request *request, const char *command, const char *resume) {
    struct script_run job = {.request = request, .settings = settings_for(request)};
    int code = check_request(request, &job.settings);
    if (code != EXIT_DONE) {
        return code;
    }
    if (request->parent.is_given && !process_end_with((pid_t)request->parent.value)) {
        return EXIT_INTERRUPTED;
    }
    take_launch(&job);
    progress_init(&job.progress, request->plot);
    job.settings.command = command;
    job.settings.resume = resume;
    job.settings.interrupted = interrupt_flag();
    job.settings.control = interrupt_control();
    job.settings.log = log_beside_progress;
    job.settings.log_context = &job;
    const bool is_first = job.launch.rank == 0;
    job.settings.display = request->quiet || !is_first ? NULL : &job.progress.display;
    job.settings.traceback = request->traceback || getenv("SYNRL_TRACEBACK") != NULL;
    code = run_and_print(&job);
    interrupt_end(code);
    if (job.settings.runs != NULL && request->cell_hash == NULL && !request->help && is_first) {
        index_runs(job.settings.runs);
    }
    return code;
}

static int run_command(const struct program *program, int argc, char **argv) {
    (void)program;
    struct run_request request = {.script = NULL};
    size_t n_words;
    char *command = command_line(argc, argv);
    int code = arguments_parse(&command_run, &request, argc, argv, &n_words);
    if (code == EXIT_DONE && n_words == 0 && request.help) {
        usage_command(stdout, &command_run);
        code = end_output() ? EXIT_DONE : EXIT_ERROR;
    } else if (code == EXIT_DONE) {
        request.script = n_words > 0 ? argv[0] : NULL;
        request.n_overrides = n_words > 0 ? n_words - 1 : 0;
        request.overrides = (const char *const *)argv + 1;
        code = run_experiment(&request, command, NULL);
    }
    free(command);
    return code;
}

const struct command command_run = {
    .name = "run",
    .arguments = "[options] SCRIPT [key=value ...]",
    .summary = "run an experiment and print what its script returns",
    .description =
        "key=value sets an option of the script; `synrl run SCRIPT --help` lists them, with --json "
        "as one JSON object.",
    .examples =
        "synrl run scripts/boundary.lua\n"
        "synrl run --seed 3 scripts/boundary.lua hidden=50\n"
        "synrl run --json --quiet scripts/boundary.lua > result.json\n",
    .n_flags = N_RUN_FLAGS,
    .flags = call_flags + N_RESUME_ONLY,
    .shows_help = true,
    .run = run_command,
};
