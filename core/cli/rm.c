/* synrl rm: removes recorded runs. Nothing is removed where one of the names is not a run's. */
#include "cli/cli.h"
#include "plugin/host.h"
#include "runs/runs.h"

static int remove_all(struct core *core, size_t n, char **folders, bool force) {
    int code = EXIT_DONE;
    for (size_t i = 0; i < n; i++) {
        if (told(core, run_remove(core, folders[i], force)) == EXIT_DONE) {
            printf("removed %s\n", folders[i]);
        } else {
            code = EXIT_ERROR;
        }
    }
    return code;
}

static int find_and_remove(struct core *core, const char *runs, size_t n, char **words,
                           bool force) {
    char **folders = core_alloc(core, n, sizeof *folders);
    synrl_status status = folders != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    refresh_index(core, runs);
    for (size_t i = 0; status == SYNRL_OK && i < n; i++) {
        status = run_find(core, runs, words[i], &folders[i]);
    }
    int code = told(core, status);
    if (code == EXIT_DONE) {
        code = remove_all(core, n, folders, force);
        refresh_index(core, runs); /* without their rows */
    }
    for (size_t i = 0; folders != NULL && i < n; i++) {
        core_free(core, folders[i]);
    }
    core_free(core, folders);
    return code;
}

int command_rm(int argc, char **argv) {
    const char *runs = "runs";
    bool force = false;
    const struct flag flags[] = {{"--runs", NULL, &runs, NULL}, {"--force", &force, NULL, NULL}};
    size_t n_words;
    int code = parse_flags(argc, argv, 2, flags, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words == 0) {
        return misused("which run? write synrl rm RUN...; `synrl ls` lists them");
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    code = find_and_remove(core, runs, n_words, argv, force);
    core_destroy(core);
    return code == EXIT_DONE && !end_output() ? EXIT_ERROR : code;
}
