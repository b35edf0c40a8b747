/* synrl resume: calls a script again as it was called, and goes on where it was.
 *
 * The script is run from its start. Runs that it had completed are not run again: their results are
 * taken from their records. The one that was interrupted goes on from its newest checkpoint. */
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "plugin/host.h"
#include "runs/run_files.h"
#include "runs/runs.h"

enum { MORE_ARGUMENTS = 11 }; /* the words that compose adds, but for what it is given */

/* What was recorded of a call, and the words to repeat it. */
struct repetition {
    json_t *json;
    char run[PATH_MAX], runs[PATH_MAX]; /* absolute: the working folder will change */
    char seed[32];
    char **argv;
    int argc;
};

static int refuse(const char *run, const char *why) {
    fprintf(stderr, "synrl: %s: cannot be resumed: %s\n", run, why);
    return EXIT_ERROR;
}

static int read_record(const char *run, struct repetition *repetition) {
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    char *folder;
    int code = told(core, run_find(core, "runs", run, &folder));
    if (code == EXIT_DONE) {
        code = told(core, record_read(core, folder, &repetition->json));
    }
    if (code == EXIT_DONE && realpath(folder, repetition->run) == NULL) {
        code = refuse(folder, "its folder is gone");
    }
    core_free(core, folder);
    core_destroy(core);
    return code;
}

static void add(struct repetition *repetition, const char *word) {
    repetition->argv[repetition->argc++] = (char *)word;
}

/* A flag that was given, with its value. */
static void add_value(struct repetition *repetition, const char *flag, const json_t *value) {
    if (json_is_string(value)) {
        add(repetition, flag);
        add(repetition, json_string_value(value));
    }
}

/* The words of `synrl run`: those recorded, with the flags given now in front. */
static int compose(struct repetition *repetition, int argc, char **argv) {
    json_t *call = json_object_get(repetition->json, "call"), *overrides, *seed;
    const char *script = json_string_value(json_object_get(repetition->json, "script"));
    const char *folder = NULL;
    int pictures = 1;
    if (script == NULL || json_unpack(call, "{s:o, s:o, s?s, s?b}", "overrides", &overrides, "seed",
                                      &seed, "folder", &folder, "pictures", &pictures) != 0) {
        return refuse(repetition->run, "it was not recorded by `synrl run`");
    }
    if (folder != NULL && chdir(folder) != 0) {
        return refuse(repetition->run, "the folder it was called in is gone");
    }
    const size_t n = (size_t)argc + json_array_size(overrides) + MORE_ARGUMENTS;
    repetition->argv = calloc(n, sizeof *repetition->argv);
    if (repetition->argv == NULL) {
        return refuse(repetition->run, "not enough memory");
    }
    snprintf(repetition->runs, sizeof repetition->runs, "%s", repetition->run);
    *strrchr(repetition->runs, '/') = '\0';
    add(repetition, "run");
    for (int i = 0; i < argc; i++) {
        add(repetition, argv[i]);
    }
    add(repetition, "--runs");
    add(repetition, repetition->runs);
    if (pictures == 0) {
        add(repetition, "--no-pictures");
    }
    if (json_is_integer(seed)) {
        snprintf(repetition->seed, sizeof repetition->seed, "%lld",
                 (long long)json_integer_value(seed));
        add(repetition, "--seed");
        add(repetition, repetition->seed);
    }
    add_value(repetition, "--cell-hash", json_object_get(call, "cell"));
    add_value(repetition, "--cell", json_object_get(call, "place"));
    add(repetition, script);
    for (size_t i = 0; i < json_array_size(overrides); i++) {
        const char *word = json_string_value(json_array_get(overrides, i));
        add(repetition, word != NULL ? word : "");
    }
    return EXIT_DONE;
}

/* What may be said anew: how it is shown, and how many work at it. */
static bool is_allowed(const char *flag) {
    static const char *const flags[] = {"--json", "--plot", "--quiet", "--traceback", "--threads"};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(flag, flags[i]) == 0) {
            return true;
        }
    }
    return false;
}

int command_resume(int argc, char **argv) {
    struct repetition repetition = {.json = NULL};
    const char *run = NULL;
    int n_flags = 0;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            if (run != NULL) {
                return misused("resume takes one run, not \"%s\" too", argv[i]);
            }
            run = argv[i];
            continue;
        }
        if (!is_allowed(argv[i])) {
            return misused("resume does not take %s: the script is called as it was", argv[i]);
        }
        const bool has_value = strcmp(argv[i], "--threads") == 0 && i + 1 < argc;
        argv[1 + n_flags++] = argv[i];
        if (has_value) {
            argv[1 + n_flags++] = argv[++i];
        }
    }
    if (run == NULL) {
        return misused("which run? write synrl resume RUN");
    }
    int code = read_record(run, &repetition);
    if (code == EXIT_DONE) {
        code = compose(&repetition, n_flags, argv + 1);
    }
    if (code == EXIT_DONE) {
        code = run_or_resume(repetition.argc, repetition.argv, repetition.run);
    }
    free(repetition.argv);
    json_decref(repetition.json);
    return code;
}
