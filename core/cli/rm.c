/* SPDX-License-Identifier: MIT */
/* synrl rm: removes recorded runs. Nothing is removed where one of the names is not a run's. */
#include <stdio.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "plugin/host.h"
#include "runs/runs.h"

struct rm_request {
    const char *runs;
    bool force;
};

static const struct flag flags[] = {
    {"--force", FLAG_SWITCH(struct rm_request, force), NULL,
     "remove also runs that are running, or may be"},
    {"--runs", FLAG_TEXT(struct rm_request, runs), "DIR",
     "look for runs by name in DIR (default: `runs`)"},
};

static int remove_all(struct core *core, size_t n, char **folders, bool force) {
    int code = EXIT_DONE;
    for (size_t i = 0; i < n; i++) {
        if (exit_code_of(core, run_remove(core, folders[i], force)) == EXIT_DONE) {
            printf("removed %s\n", folders[i]);
        } else {
            code = EXIT_ERROR;
        }
    }
    return code;
}

static int find_and_remove(struct core *core, const struct rm_request *request, size_t n,
                           char **words) {
    char **folders = core_alloc(core, n, sizeof *folders);
    synrl_status status = folders != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    refresh_index(core, request->runs);
    for (size_t i = 0; status == SYNRL_OK && i < n; i++) {
        status = run_find(core, request->runs, words[i], &folders[i]);
    }
    int code = exit_code_of(core, status);
    if (code == EXIT_DONE) {
        code = remove_all(core, n, folders, request->force);
        refresh_index(core, request->runs); /* without their rows */
    }
    for (size_t i = 0; folders != NULL && i < n; i++) {
        core_free(core, folders[i]);
    }
    core_free(core, folders);
    return code;
}

static int rm(const struct program *program, int argc, char **argv) {
    (void)program;
    struct rm_request request = {.runs = "runs"};
    size_t n_words;
    int code = arguments_parse(&command_rm, &request, argc, argv, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words == 0) {
        return usage_error("which run? write synrl rm RUN...; `synrl ls` lists them");
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    code = find_and_remove(core, &request, n_words, argv);
    core_destroy(core);
    return code == EXIT_DONE && !end_output() ? EXIT_ERROR : code;
}

const struct command command_rm = {
    .name = "rm",
    .arguments = "[options] RUN ...",
    .summary = "remove recorded runs with their folders",
    .description = "Nothing is removed where one of the names is not that of a run.",
    .examples = "synrl rm runs/20260131-*\n",
    COMMAND_FLAGS(flags),
    .run = rm,
};
