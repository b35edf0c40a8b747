/* SPDX-License-Identifier: MIT */
/* synrl show: all that is known of a run. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/output.h"
#include "runs/runs.h"

struct show_request {
    const char *runs, *run;
    bool json;
};

static const struct flag flags[] = {
    {"--json", FLAG_SWITCH(struct show_request, json), NULL, "print it as JSON"},
    {"--runs", FLAG_TEXT(struct show_request, runs), "DIR",
     "look for the run by name in DIR (default: `runs`)"},
};

/* The files in the folder and their sizes. */
static synrl_status files_json(struct core *core, const char *folder, json_t **files) {
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    *files = json_object();
    if (stream == NULL) {
        return file_fail(core, folder, "list");
    }
    while ((entry = readdir(stream)) != NULL) {
        struct stat status;
        if (fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode)) {
            json_t *name = json_text_bytes(entry->d_name);
            json_put(*files, json_string_value(name), json_integer(status.st_size));
            json_decref(name);
        }
    }
    closedir(stream);
    return SYNRL_OK;
}

/* run.json with the status as it is, where it lies, and the files beside it. */
static synrl_status complete(struct core *core, json_t *run, const char *folder) {
    const uint64_t lacks = json_lacks();
    json_t *files;
    const char *recorded = json_string_value(json_object_get(run, "status"));
    const char *status = run_status(core, folder, recorded, json_object_get(run, "process"));
    json_put(run, "status", json_string(status)); /* may free `recorded` */
    json_put(run, "folder", json_text_bytes(folder));
    const synrl_status listed = files_json(core, folder, &files);
    json_put(run, "files", files);
    return listed == SYNRL_OK && json_lacks() != lacks
               ? core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to show it", folder)
               : listed;
}

static synrl_status show_run(struct core *core, void *context) {
    const struct show_request *request = context;
    char *folder;
    json_t *run = NULL;
    refresh_index(core, request->runs);
    SYNRL_TRY(run_find(core, request->runs, request->run, &folder));
    synrl_status status = run_read(core, folder, &run);
    if (status == SYNRL_OK) {
        status = complete(core, run, folder);
    }
    if (status == SYNRL_OK) {
        if (!(request->json ? output_json : output_print)(stdout, run)) {
            status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory to print all of it");
        }
    }
    json_decref(run);
    core_free(core, folder);
    return status;
}

static int show(const struct program *program, int argc, char **argv) {
    (void)program;
    struct show_request request = {.runs = "runs"};
    size_t n_words;
    const int code = arguments_parse(&command_show, &request, argc, argv, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words != 1) {
        return usage_error("which run? write synrl show RUN; `synrl ls` lists them");
    }
    request.run = argv[0];
    return run_with_core(show_run, &request);
}

const struct command command_show = {
    .name = "show",
    .arguments = "[options] RUN",
    .summary = "show a run: configuration, provenance, summary, files",
    .examples = "synrl show runs/20260131-120000-adaptive\n",
    COMMAND_FLAGS(flags),
    .run = show,
};
