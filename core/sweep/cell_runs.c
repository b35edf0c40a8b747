/* SPDX-License-Identifier: MIT */
/* Finds what a cell that was killed half done can continue from. */
#include "sweep/cell_runs.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/json.h"
#include "runs/changes.h"
#include "runs/run_files.h"
#include "runs/runs.h"

enum { RECORD_LIMIT = 64 << 20 };

/* Whether run.json has the hash in it, for a quick look at many. */
static bool mentions(struct core *core, const char *folder, const char *hash) {
    char *path = core_printf(core, "%s/" RUN_FILE, folder), *text;
    size_t size;
    bool does = false;
    if (path != NULL && file_read(core, path, RECORD_LIMIT, &text, &size) == SYNRL_OK) {
        does = strstr(text, hash) != NULL;
        core_free(core, text);
    }
    core_free(core, path);
    return does;
}

/* Whether anything that the script had read has changed, also by io, which `synrl resume` does not
 * compare; plugins it does. */
static bool has_changed(struct core *core, const json_t *run) {
    const json_t *files = json_object_get(json_object_get(run, "provenance"), "files");
    char change[CHANGE_SIZE] = "";
    bool is_known = true;
    for (size_t i = 0; is_known && change[0] == '\0' && i < json_array_size(files); i++) {
        is_known = change_of_file(core, json_array_get(files, i), NULL, change) == SYNRL_OK;
    }
    return !is_known || change[0] != '\0';
}

/* Whether the run is of a call for the cell, and if so whether it can be resumed: nothing that it
 * depends on has changed. */
static bool is_of_cell(struct core *core, const char *folder, const char *hash, bool *can_resume) {
    json_t *run;
    const char *cell = NULL;
    if (!run_exists(folder, NULL) || !mentions(core, folder, hash) ||
        record_read(core, folder, &run) != SYNRL_OK) {
        return false;
    }
    const char *recorded = json_string_value(json_object_get(run, "status"));
    const char *status = run_status(core, folder, recorded, json_object_get(run, "process"));
    json_take_text(json_object_get(run, "call"), "cell", &cell);
    const bool is = cell != NULL && strcmp(cell, hash) == 0;
    *can_resume =
        strcmp(status, "failed") != 0 && strcmp(status, "running") != 0 && !has_changed(core, run);
    json_decref(run);
    return is;
}

synrl_status cell_runs_find(struct core *core, const char *runs, const char *hash, char **folder) {
    struct run_list list;
    *folder = NULL;
    synrl_status status = run_list_read(core, runs, &list);
    /* By name, so by time: the last is the newest. */
    for (size_t i = list.n; status == SYNRL_OK && i-- > 0;) {
        bool can_resume = false;
        char *run = core_printf(core, "%s/%s", runs, list.entries[i].name);
        if (run == NULL) {
            status = SYNRL_NO_MEMORY;
        } else if (is_of_cell(core, run, hash, &can_resume)) {
            *folder = can_resume ? run : NULL;
            run = can_resume ? NULL : run;
            core_free(core, run);
            break;
        }
        core_free(core, run);
    }
    run_list_free(core, &list);
    return status;
}
