/* synrl show: all that is known of a run. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "cli/cli.h"
#include "plugin/host.h"
#include "runs/runs.h"

/* The files in the folder and their sizes. */
static json_t *files_json(const char *folder) {
    json_t *files = json_object();
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        struct stat status;
        if (fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode)) {
            json_object_set_new(files, entry->d_name, json_integer(status.st_size));
        }
    }
    if (stream != NULL) {
        closedir(stream);
    }
    return files;
}

/* run.json with the status as it is, where it lies, and the files beside it. */
static void complete(json_t *run, const char *folder) {
    const char *recorded = json_string_value(json_object_get(run, "status"));
    const char *status = run_status(recorded, json_object_get(run, "process"));
    json_object_set_new(run, "status", json_string(status)); /* may free `recorded` */
    json_object_set_new(run, "folder", json_string(folder));
    json_object_set_new(run, "files", files_json(folder));
}

static synrl_status show(struct core *core, const char *runs, const char *word, bool json) {
    char *folder;
    json_t *run = NULL;
    refresh_index(core, runs);
    SYNRL_TRY(run_find(core, runs, word, &folder));
    synrl_status status = run_read(core, folder, &run);
    if (status == SYNRL_OK) {
        complete(run, folder);
        if (json) {
            if (!output_json(stdout, run)) {
                status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory to write JSON");
            }
        } else {
            output_print(stdout, run);
        }
    }
    json_decref(run);
    core_free(core, folder);
    return status;
}

int command_show(int argc, char **argv) {
    const char *runs = "runs";
    bool json = false;
    const struct flag flags[] = {{"--runs", NULL, &runs, NULL}, {"--json", &json, NULL, NULL}};
    size_t n_words;
    int code = parse_flags(argc, argv, 2, flags, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words != 1) {
        return misused("which run? write synrl show RUN; `synrl ls` lists them");
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    code = told(core, show(core, runs, argv[0], json));
    core_destroy(core);
    return code == EXIT_DONE && !end_output() ? EXIT_ERROR : code;
}
