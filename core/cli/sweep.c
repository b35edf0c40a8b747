/* SPDX-License-Identifier: MIT */
/* synrl sweep: a script with every combination of options, side by side, and what came of it as a
 * table. */
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/number.h"
#include "base/process.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/output.h"
#include "cli/ranks.h"
#include "cli/sweep_grid.h"
#include "cli/sweep_slurm.h"
#include "cli/sweep_table.h"
#include "engine/pool.h"
#include "lua/module.h"
#include "plugin/host.h"
#include "sweep/grid.h"
#include "sweep/script_options.h"
#include "sweep/sweep_display.h"

enum { COUNT_MAX = 100000, WORKERS_MAX = 1024 };

struct sweep_request {
    struct sweep_options options;
    struct flag_integer jobs, threads, retries, lapse;
    const char *shard;
    bool json, quiet, no_record;
    const char *metrics; /* by commas; NULL: the usual ones */
    struct slurm_request slurm;
    struct sweep_grid grid;
    size_t n_words; /* the script and the options */
    char **words;
};

static const struct flag flags[] = {
    {"-j", FLAG_INTEGER(struct sweep_request, jobs), "N",
     "run N processes side by side (default: 1)", .min = 1, .max = COUNT_MAX},
    {"--threads", FLAG_INTEGER(struct sweep_request, threads), "N",
     "use N workers in all of these processes together (default: one per core)", .min = 1,
     .max = COUNT_MAX},
    {"--metric", FLAG_TEXT(struct sweep_request, metrics), "A,B,...",
     "show these columns (default: accuracy, loss, the same of validation, and value)"},
    {"--retries", FLAG_INTEGER(struct sweep_request, retries), "N",
     "try what fails again, up to N times", .max = COUNT_MAX},
    {"--fail-fast", FLAG_SWITCH(struct sweep_request, options.fail_fast), NULL,
     "end with the first failure"},
    {"--fresh", FLAG_SWITCH(struct sweep_request, options.fresh), NULL,
     "run again what has a result already"},
    {"--shard", FLAG_TEXT(struct sweep_request, shard), "K/N",
     "run only the Kth of N parts, for machines that share one folder of runs; `slurm`: first the "
     "part of this task of an array job, then what no other task has begun"},
    {"--lapse", FLAG_INTEGER(struct sweep_request, lapse), "N",
     "let other machines take a cell over when this one gives no sign of life for N seconds "
     "(default: 60)",
     .min = 1, .max = COUNT_MAX},
    {"--runs", FLAG_TEXT(struct sweep_request, options.runs), "DIR",
     "record runs, and keep results, in DIR (default: `runs`)"},
    {"--no-record", FLAG_SWITCH(struct sweep_request, no_record), NULL,
     "keep results, but record no runs"},
    {"--slurm", FLAG_SWITCH(struct sweep_request, slurm.is_wanted), NULL,
     "write an array job of Slurm that runs the sweep, DIR/sweep-HASH.sbatch, and submit it"},
    {"--array", FLAG_INTEGER(struct sweep_request, slurm.tasks), "N",
     "in N tasks (default: 16, or one per cell)", .min = 1, .max = COUNT_MAX},
    {"--time", FLAG_TEXT(struct sweep_request, slurm.time), "T",
     "each of which runs at most so long, as sbatch takes it: minutes, or H:MM:SS"},
    {"--sbatch", FLAG_LIST(struct sweep_request, slurm.options), "OPTION",
     "a further option of sbatch, such as --partition=long or --mem=4G; may be repeated"},
    {"--print", FLAG_SWITCH(struct sweep_request, slurm.print), NULL, "only print the array job"},
    {"--json", FLAG_SWITCH(struct sweep_request, json), NULL,
     "print all results as one JSON object instead of a table"},
    {"--quiet", FLAG_SWITCH(struct sweep_request, quiet), NULL, "show no progress"},
};

static atomic_int interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

/* The second SIGINT or SIGTERM ends the program at once, and its processes with it; SIGHUP comes
 * twice when a terminal closes. One that is ignored, as under nohup, stays ignored. */
static void catch_signals(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        const bool is_last = signals[i] == SIGINT || signals[i] == SIGTERM;
        const struct sigaction action = {.sa_handler = on_signal,
                                         .sa_flags = is_last ? (int)SA_RESETHAND : 0};
        struct sigaction now;
        if (signals[i] != SIGHUP || sigaction(SIGHUP, NULL, &now) != 0 ||
            now.sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
    }
}

/* The command line ----------------------------------------------------------------------------- */

static int parse_shard(struct sweep_request *request) {
    const char *text = request->shard, *slash = text != NULL ? strchr(text, '/') : NULL;
    uint64_t shard = 0, n_shards = 0;
    if (text != NULL && strcmp(text, "slurm") == 0) {
        request->options.takes_rest = true;
        return slurm_shard(&request->options.shard, &request->options.n_shards);
    }
    if (text != NULL &&
        (slash == NULL || !integer_read(slash + 1, strlen(slash + 1), 1, COUNT_MAX, &n_shards) ||
         !integer_read(text, (size_t)(slash - text), 1, n_shards, &shard))) {
        return usage_error("--shard must be K/N with K from 1 to N, such as 1/2, not \"%s\"", text);
    }
    request->options.shard = (size_t)shard;
    request->options.n_shards = (size_t)n_shards;
    return EXIT_DONE;
}

static int check_slurm(const struct sweep_request *request) {
    if (request->slurm.is_wanted && request->shard != NULL) {
        return usage_error("--slurm divides the sweep itself: leave --shard out");
    }
    if (request->options.fresh && (request->slurm.is_wanted || request->options.takes_rest)) {
        return usage_error("--fresh would run every cell again in every task of the array job");
    }
    return slurm_check(&request->slurm);
}

/* What each process gets must be what `synrl run --threads` takes. */
static int check_threads(const struct sweep_options *options) {
    return options->threads / options->jobs <= WORKERS_MAX
               ? EXIT_DONE
               : usage_error("--threads %zu with -j %zu: each process has at most %d workers",
                             options->threads, options->jobs, WORKERS_MAX);
}

static int parse_sweep(struct sweep_request *request, int argc, char **argv) {
    struct sweep_options *options = &request->options;
    request->slurm.options.values = calloc((size_t)argc, sizeof *request->slurm.options.values);
    if (request->slurm.options.values == NULL) {
        fprintf(stderr, "synrl: not enough memory\n");
        return EXIT_ERROR;
    }
    int code = arguments_parse(&command_sweep, request, argc, argv, &request->n_words);
    request->words = argv;
    if (code == EXIT_DONE) {
        code = parse_shard(request);
    }
    if (code == EXIT_DONE) {
        code = check_slurm(request);
    }
    for (size_t i = 1; code == EXIT_DONE && i < request->n_words; i++) {
        code = sweep_grid_add(&request->grid, argv[i]);
    }
    if (code == EXIT_DONE && request->n_words == 0) {
        code = usage_error("which script? write synrl sweep SCRIPT n=1,2,3 seed=1..5 -j 2");
    }
    options->script = argv[0];
    options->record = !request->no_record;
    options->jobs = (size_t)request->jobs.value;
    options->threads = (size_t)request->threads.value;
    options->retries = (size_t)request->retries.value;
    options->lapse = (double)request->lapse.value;
    return code == EXIT_DONE ? check_threads(options) : code;
}

/* Running -------------------------------------------------------------------------------------- */

struct watcher {
    struct core *core;
    struct sweep_display display;
    const char *metrics;
};

static synrl_status watch(void *context, const struct job_counts *counts, size_t n_failed) {
    struct watcher *watcher = context;
    if (interrupted != 0) {
        return core_fail(watcher->core, SYNRL_STOPPED,
                         "interrupted; the same command finishes what is missing");
    }
    return sweep_show(&watcher->display, counts, n_failed);
}

static synrl_status watch_question(void *context) {
    return watch(context, &(struct job_counts){.n = 0}, 0);
}

/* The grid's cells, where the script takes its options. */
static int make_cells(struct core *core, struct sweep_request *request, struct watcher *watcher,
                      json_t **cells) {
    json_t *options;
    const char *script = request->options.script;
    synrl_status status = script_options_read(core, script, watch_question, watcher, &options);
    if (status == SYNRL_OK && options != NULL) {
        const int code = sweep_grid_fit(&request->grid, script, options);
        json_decref(options);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    if (status == SYNRL_OK) {
        status = sweep_cells(core, request->grid.values, cells);
    }
    return exit_code_of(core, status);
}

static void log_beside_progress(void *context, synrl_log_level level, const char *line) {
    const struct sweep_request *request = context;
    if (level == SYNRL_LOG_WARNING || !request->quiet) {
        fprintf(stderr, "%ssynrl: %s\n", isatty(STDERR_FILENO) != 0 ? "\r\033[K" : "", line);
    }
}

static void check_metrics(void *context, const json_t *result) {
    const struct watcher *watcher = context;
    sweep_table_check(watcher->core, result, watcher->metrics);
}

/* The words by which a task of an array job runs its part. */
static void add_task_words(const struct sweep_request *request, size_t threads,
                           struct words *words) {
    struct sweep_request task = *request;
    task.slurm = (struct slurm_request){.is_wanted = false};
    task.shard = "slurm";
    task.threads = (struct flag_integer){true, threads};
    words_add(words, "sweep");
    flags_write(COUNT_OF(flags), flags, &task, words);
    for (size_t i = 0; i < request->n_words; i++) {
        words_add(words, "%s", request->words[i]);
    }
}

/* Instead of running it here. A task gets as many cores as it has processes, or workers. */
static int submit(struct core *core, const struct sweep_request *request, const json_t *cells) {
    const size_t jobs = request->options.jobs, wanted = (size_t)request->threads.value;
    const size_t cpus = wanted > jobs ? wanted : jobs;
    struct words words = {.n = 0};
    char program[PATH_MAX], *base = NULL, *command = NULL;
    synrl_status status = sweep_path(core, &request->options, cells, &base);
    add_task_words(request, cpus, &words);
    if (status == SYNRL_OK && !process_program(program)) {
        status = core_fail(core, SYNRL_IO, "cannot determine the path of this program");
    }
    if (status == SYNRL_OK) {
        command = words.has_failed ? NULL : words_line(&words, program);
        status = command != NULL ? SYNRL_OK : core_fail(core, SYNRL_NO_MEMORY, "not enough memory");
    }
    if (status == SYNRL_OK) {
        const struct slurm_job job = {.request = &request->slurm,
                                      .script = request->options.script,
                                      .runs = request->options.runs,
                                      .base = base,
                                      .command = command,
                                      .n_cells = json_array_size(cells),
                                      .cpus = cpus};
        status = slurm_submit(core, &job);
    }
    words_free(&words);
    free(command);
    core_free(core, base);
    const int code = exit_code_of(core, status);
    return code == EXIT_DONE && !end_output() ? EXIT_ERROR : code;
}

/* The table or the JSON object, and what there is to say besides. */
static int print_results(const struct sweep_request *request, const json_t *results) {
    int written = EXIT_DONE;
    if (!request->json) {
        written = sweep_table_print(request->grid.values, results, request->metrics);
    } else if (!output_json(stdout, results)) {
        fprintf(stderr, "synrl: not enough memory to print the results\n");
        written = EXIT_ERROR;
    }
    const json_int_t n_diverged = json_integer_value(json_object_get(results, "diverged"));
    const json_int_t n_failed = json_integer_value(json_object_get(results, "failed"));
    if (request->options.record) {
        index_runs(request->options.runs);
    }
    const char *file = json_string_value(json_object_get(results, "file"));
    if (file != NULL && !request->quiet) {
        fprintf(stderr, "kept in %s; synrl report %s shows its runs\n", file, file);
    }
    if (n_diverged > 0) {
        fprintf(stderr, "synrl: %lld cells diverged\n", (long long)n_diverged);
    }
    if (n_failed > 0) {
        fprintf(stderr, "synrl: %lld cells failed\n", (long long)n_failed);
    }
    return written == EXIT_DONE && n_failed > 0 ? EXIT_ERROR : written;
}

static int run_cells(struct core *core, const struct sweep_request *request, const json_t *cells) {
    json_t *results = NULL;
    const synrl_status status = sweep_run(core, &request->options, cells, &results);
    if (status != SYNRL_OK) {
        fprintf(stderr, "synrl: %s\n", core->message);
        return interrupted != 0 ? EXIT_INTERRUPTED : EXIT_ERROR;
    }
    const int code = request->options.is_follower ? EXIT_DONE : print_results(request, results);
    json_decref(results);
    return code;
}

/* Processes of a launcher share out the cells, as tasks of an array job do; the first prints. */
static int take_launch(struct sweep_request *request, struct launch *launch) {
    launch_forget();
    if (launch->n < 2 || request->shard != NULL || request->slurm.is_wanted) {
        return EXIT_DONE;
    }
    request->options.shard = launch->rank + 1;
    request->options.n_shards = launch->n;
    request->options.takes_rest = true;
    request->options.is_follower = launch->rank > 0;
    ranks_hush(launch);
    return request->options.fresh
               ? usage_error("--fresh would run every cell again in each process of %s",
                             launch->launcher)
               : EXIT_DONE;
}

static int carry_out(struct core *core, struct sweep_request *request) {
    struct watcher watcher = {
        core, {request->quiet, isatty(STDERR_FILENO) != 0, 0, 0}, request->metrics};
    json_t *cells = NULL;
    request->options.first = check_metrics;
    request->options.first_context = &watcher;
    request->options.tick = watch;
    request->options.tick_context = &watcher;
    if (request->options.threads == 0) {
        request->options.threads = pool_size(core->pool);
    }
    int code = make_cells(core, request, &watcher, &cells);
    if (code != EXIT_DONE) {
        return interrupted != 0 ? EXIT_INTERRUPTED : code;
    }
    code =
        request->slurm.is_wanted ? submit(core, request, cells) : run_cells(core, request, cells);
    json_decref(cells);
    return code;
}

static int sweep(const struct program *program, int argc, char **argv) {
    (void)program;
    struct sweep_request request = {
        .options = {.runs = "runs"},
        .jobs = {.value = 1},
    };
    struct launch launch = launch_find();
    int code = parse_sweep(&request, argc, argv);
    code = code == EXIT_DONE ? take_launch(&request, &launch) : code;
    if (code == EXIT_DONE) {
        const struct core_options options = {.log = log_beside_progress, .log_context = &request};
        catch_signals();
        struct core *core = core_create(&options);
        if (core == NULL) {
            fprintf(stderr, "synrl: not enough memory\n");
            code = EXIT_ERROR;
        } else {
            code = carry_out(core, &request);
        }
        core_destroy(core);
    }
    sweep_grid_free(&request.grid);
    free(request.slurm.options.values);
    return ranks_end(NULL, &launch, code);
}

const struct command command_sweep = {
    .name = "sweep",
    .arguments = "[options] SCRIPT key=value,value ... key=FIRST..LAST ... key={LIST} ...",
    .summary = "run a script with every combination of options, side by side",
    .description =
        "Each combination is a process of its own. The table shows mean, half of the 95% "
        "confidence interval and standard deviation over `seed`. Results are kept: the same "
        "command runs only what is missing. A value with commas is written in braces.",
    .examples =
        "synrl sweep -j 2 scripts/boundary.lua epsilon=0.1,0.25 seed=1..5\n"
        "synrl sweep mine.lua 'layers={2,5,1},{2,8,1}' seed=1..3\n"
        "synrl sweep mine.lua seed=1..40 --slurm --array 4 --time 2:00:00\n",
    COMMAND_FLAGS(flags),
    .run = sweep,
};
