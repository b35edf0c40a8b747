/* SPDX-License-Identifier: MIT */
/* synrl resume: calls a script again as it was called, and continues where it was.
 *
 * The script is run from its start. Runs that it had completed are not run again: their results are
 * taken from their records. The one that was interrupted continues from its newest checkpoint. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "base/json.h"
#include "base/number.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/run.h"
#include "plugin/host.h"
#include "record/longer.h"
#include "runs/changes.h"
#include "runs/run_files.h"
#include "runs/runs.h"

/* A call that was recorded, and the memory that it is made of. */
struct repetition {
    struct run_request request;
    json_t *json;                       /* run.json */
    char run[PATH_MAX], runs[PATH_MAX]; /* absolute: the working folder will change */
    char script[PATH_MAX];              /* absolute, where it was called so, and as it is now */
    const char **overrides;
};

static int refuse_run(const char *run, const char *why) {
    fprintf(stderr, "synrl: %s: cannot be resumed: %s\n", run, why);
    return EXIT_ERROR;
}

static int read_record(const char *run, struct repetition *repetition) {
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    char *folder;
    int code = exit_code_of(core, run_find(core, "runs", run, &folder));
    if (code == EXIT_DONE) {
        code = exit_code_of(core, record_read(core, folder, &repetition->json));
    }
    const uint64_t iterations = repetition->request.iterations;
    if (code == EXIT_DONE && iterations > 0) {
        code = exit_code_of(core, longer_check(core, folder, repetition->json, iterations));
    }
    if (code == EXIT_DONE && realpath(folder, repetition->run) == NULL) {
        code = refuse_run(folder, "its folder is gone");
    }
    core_free(core, folder);
    core_destroy(core);
    return code;
}

static int read_overrides(struct repetition *repetition, const json_t *overrides) {
    const size_t n = json_array_size(overrides);
    repetition->overrides = calloc(n + 1, sizeof *repetition->overrides);
    if (repetition->overrides == NULL) {
        return refuse_run(repetition->run, "not enough memory");
    }
    for (size_t i = 0; i < n; i++) {
        const char *word = json_string_value(json_array_get(overrides, i));
        repetition->overrides[i] = word != NULL ? word : "";
    }
    repetition->request.n_overrides = n;
    repetition->request.overrides = repetition->overrides;
    return EXIT_DONE;
}

/* Whether the path only leads up: the run lies below the folder in which the script was called, and
 * moves with it. */
static bool leads_up(const char *path) {
    while (strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0')) {
        path += path[2] == '/' ? 3 : 2;
    }
    return *path == '\0';
}

/* Where the script is in a folder: below it if it was below the one of before. */
static bool script_in(const char *folder, const char *before, const char *script,
                      char path[PATH_MAX]) {
    const size_t length = before != NULL ? strlen(before) : 0;
    const bool is_below =
        length > 1 && strncmp(script, before, length) == 0 && script[length] == '/';
    const char *rest = is_below ? script + length + 1 : script;
    struct stat found;
    const int n = rest[0] == '/' ? snprintf(path, PATH_MAX, "%s", rest)
                                 : snprintf(path, PATH_MAX, "%s/%s", folder, rest);
    return n > 0 && n < PATH_MAX && stat(folder, &found) == 0 && S_ISDIR(found.st_mode) &&
           access(path, R_OK) == 0;
}

/* Changes to the folder in which the script is called: the given one; else the one of before, from
 * the run if the run lies below it, since a project may have been moved or copied. */
static int enter_folder(struct repetition *repetition, const json_t *call, const char *before) {
    struct run_request *request = &repetition->request;
    const char *from_run = json_string_value(json_object_get(call, "from_run"));
    char moved[2 * PATH_MAX] = "", script[PATH_MAX];
    if (from_run != NULL) {
        snprintf(moved, sizeof moved, "%s/%s", repetition->run, from_run);
    }
    const bool moves_along = from_run != NULL && leads_up(from_run);
    const char *const places[] = {request->folder, moves_along ? moved : NULL, before, moved};
    const size_t n = request->folder != NULL ? 1 : COUNT_OF(places);
    for (size_t i = 0; i < n; i++) {
        const char *place = places[i];
        if (place != NULL && place[0] != '\0' &&
            script_in(place, before, request->script, script)) {
            if (request->script[0] == '/' && realpath(script, repetition->script) != NULL) {
                request->script = repetition->script;
            }
            return chdir(place) == 0 ? EXIT_DONE : refuse_run(repetition->run, strerror(errno));
        }
    }
    fprintf(stderr, "synrl: %s: cannot be resumed: %s is not in %s; --folder DIR says where\n",
            repetition->run, request->script,
            request->folder != NULL ? request->folder
            : before != NULL        ? before
                                    : "the present folder");
    return EXIT_ERROR;
}

/* The call as it was, but for the flags given now; in the folder it was called in. */
static int read_request(struct repetition *repetition) {
    struct run_request *request = &repetition->request;
    json_t *recorded = json_object_get(repetition->json, "call");
    const json_t *overrides = json_object_get(recorded, "overrides"),
                 *seed = json_object_get(recorded, "seed"),
                 *place = json_object_get(recorded, "folder"),
                 *pictures = json_object_get(recorded, "pictures");
    if (!json_restore_bytes(recorded) ||
        !json_restore_bytes(json_object_get(repetition->json, "script"))) {
        return refuse_run(repetition->run, "not enough memory");
    }
    request->script = json_string_value(json_object_get(repetition->json, "script"));
    if (request->script == NULL || overrides == NULL || seed == NULL ||
        (place != NULL && !json_is_string(place)) ||
        (pictures != NULL && !json_is_boolean(pictures))) {
        return refuse_run(repetition->run, "it was not recorded by `synrl run`");
    }
    const int code = enter_folder(repetition, recorded, json_string_value(place));
    if (code != EXIT_DONE) {
        return code;
    }
    snprintf(repetition->runs, sizeof repetition->runs, "%s", repetition->run);
    *strrchr(repetition->runs, '/') = '\0';
    request->runs = repetition->runs;
    request->no_pictures = json_is_false(pictures);
    request->seed.is_given = json_is_integer(seed);
    request->seed.value = (uint64_t)json_integer_value(seed);
    request->cell_hash = json_string_value(json_object_get(recorded, "cell"));
    request->cell = json_string_value(json_object_get(recorded, "place"));
    return read_overrides(repetition, overrides);
}

/* What has changed is named before anything is run; the script itself, and what it reads in other
 * runs of the call, when they are reached. */
static int check_changes(const struct repetition *repetition) {
    char changes[CHANGES_SIZE] = "";
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    int code = exit_code_of(core, changes_of_run(core, repetition->json, false, changes));
    core_destroy(core);
    if (code == EXIT_DONE && changes[0] != '\0' && !repetition->request.force_changed) {
        fprintf(stderr, "synrl: " CHANGES_REFUSAL "\n", repetition->run, changes);
        code = EXIT_ERROR;
    }
    return code;
}

static int run_again(const struct repetition *repetition) {
    struct words words = {.n = 0};
    run_request_write(&repetition->request, &words);
    char *command = words.has_failed ? NULL : words_line(&words, "synrl");
    words_free(&words);
    const int code = run_experiment(&repetition->request, command, repetition->run);
    free(command);
    return code;
}

/* A flag of run that would change what was called. */
static int check_flags(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const struct flag *flag = flag_find(N_RUN_FLAGS, call_flags + N_RESUME_ONLY, argv[i]);
        if (flag != NULL && flag >= call_flags + N_RESUME_FLAGS) {
            return usage_error("resume does not take %s: the script is called as it was", argv[i]);
        }
    }
    return EXIT_DONE;
}

/* RUN and iterations=N, in any order. */
static int read_words(size_t n_words, char **words, struct run_request *request, const char **run) {
    static const char key[] = "iterations=";
    for (size_t i = 0; i < n_words; i++) {
        const char *value = words[i] + strlen(key);
        if (strncmp(words[i], key, strlen(key)) == 0) {
            if (!integer_read(value, strlen(value), 1, INT64_MAX, &request->iterations)) {
                return usage_error("iterations must be an integer of at least 1, not \"%s\"",
                                   value);
            }
        } else if (*run == NULL) {
            *run = words[i];
        } else if (strchr(words[i], '=') != NULL) {
            return usage_error(
                "resume takes only iterations=N, not \"%s\": the script is called as "
                "it was",
                words[i]);
        } else {
            return usage_error("resume takes one run, not \"%s\" too", words[i]);
        }
    }
    return *run != NULL ? EXIT_DONE : usage_error("which run? write synrl resume RUN");
}

static int resume(const struct program *program, int argc, char **argv) {
    (void)program;
    struct repetition repetition = {.json = NULL};
    const char *run = NULL;
    size_t n_words = 0;
    int code = check_flags(argc, argv);
    if (code == EXIT_DONE) {
        code = arguments_parse(&command_resume, &repetition.request, argc, argv, &n_words);
    }
    if (code == EXIT_DONE) {
        code = read_words(n_words, argv, &repetition.request, &run);
    }
    if (code == EXIT_DONE) {
        code = read_record(run, &repetition);
    }
    if (code == EXIT_DONE) {
        code = read_request(&repetition);
    }
    if (code == EXIT_DONE) {
        code = check_changes(&repetition);
    }
    if (code == EXIT_DONE) {
        code = run_again(&repetition);
    }
    free(repetition.overrides);
    json_decref(repetition.json);
    return code;
}

const struct command command_resume = {
    .name = "resume",
    .arguments = "[options] RUN [iterations=N]",
    .summary = "continue a run that was interrupted, and the rest of its script",
    .description =
        "It continues from its newest checkpoint, to the same bits as if nothing had "
        "happened. The script is called as it was. With iterations=N the run, also one that has "
        "ended, is trained to so many iterations.",
    .examples =
        "synrl resume runs/20260131-120000-adaptive\n"
        "synrl resume adaptive iterations=20000\n",
    .n_flags = N_RESUME_FLAGS,
    .flags = call_flags,
    .run = resume,
};
