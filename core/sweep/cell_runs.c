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

/* All of these fail only for lack of memory; of a run that cannot be read otherwise, nothing holds.
 */

/* Whether run.json has the hash in it, for a quick look at many. */
static synrl_status mentions(struct core *core, const char *folder, const char *hash, bool *does) {
    char *path = core_printf(core, "%s/" RUN_FILE, folder), *text;
    size_t size;
    *does = false;
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status status = file_read(core, path, RECORD_LIMIT, &text, &size);
    if (status == SYNRL_OK) {
        *does = strstr(text, hash) != NULL;
        core_free(core, text);
    }
    core_free(core, path);
    return status == SYNRL_NO_MEMORY ? status : SYNRL_OK;
}

/* Whether anything that the script had read has changed, also by io, which `synrl resume` does not
 * compare; plugins it does. */
static synrl_status has_changed(struct core *core, const json_t *run, bool *has) {
    const json_t *files = json_object_get(json_object_get(run, "provenance"), "files");
    char change[CHANGE_SIZE] = "";
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; status == SYNRL_OK && change[0] == '\0' && i < json_array_size(files); i++) {
        status = change_of_file(core, json_array_get(files, i), NULL, change);
    }
    *has = status != SYNRL_OK || change[0] != '\0';
    return status == SYNRL_NO_MEMORY ? status : SYNRL_OK;
}

struct finding {
    bool is_of_cell; /* the run is of a call for it; if so, */
    bool can_resume; /* whether it can be: nothing that it depends on has changed */
    bool is_running;
};

static synrl_status look_at(struct core *core, const char *folder, const char *hash,
                            struct finding *found) {
    json_t *run;
    const char *cell = NULL;
    bool does_mention = false, has = false;
    *found = (struct finding){.is_of_cell = false};
    if (run_exists(folder, NULL)) {
        SYNRL_TRY(mentions(core, folder, hash, &does_mention));
    }
    if (!does_mention) {
        return SYNRL_OK;
    }
    synrl_status status = record_read(core, folder, &run);
    if (status != SYNRL_OK) {
        return status == SYNRL_NO_MEMORY ? status : SYNRL_OK;
    }
    const char *recorded = json_string_value(json_object_get(run, "status"));
    const char *now = run_status(core, folder, recorded, json_object_get(run, "process"));
    json_take_text(json_object_get(run, "call"), "cell", &cell);
    found->is_of_cell = cell != NULL && strcmp(cell, hash) == 0;
    found->is_running = found->is_of_cell && strcmp(now, "running") == 0;
    if (found->is_of_cell && !found->is_running && strcmp(now, "failed") != 0) {
        status = has_changed(core, run, &has);
        found->can_resume = !has;
    }
    json_decref(run);
    return status;
}

synrl_status cell_runs_find(struct core *core, const char *runs, const char *hash, char **folder,
                            bool *is_running) {
    struct run_list list;
    *folder = NULL;
    *is_running = false;
    synrl_status status = run_list_read(core, runs, &list);
    /* By name, so by time: the last is the newest. */
    for (size_t i = list.n; status == SYNRL_OK && i-- > 0;) {
        struct finding found = {.is_of_cell = false};
        char *run = core_printf(core, "%s/%s", runs, list.entries[i].name);
        status = run != NULL ? look_at(core, run, hash, &found) : SYNRL_NO_MEMORY;
        if (status == SYNRL_OK && found.can_resume) {
            *folder = run;
            break;
        }
        core_free(core, run);
        if (found.is_of_cell) {
            *is_running = found.is_running;
            break;
        }
    }
    run_list_free(core, &list);
    return status;
}
