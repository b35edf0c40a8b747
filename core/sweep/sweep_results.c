/* SPDX-License-Identifier: MIT */
#include "sweep/sweep_results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

/* Kept results --------------------------------------------------------------------------------- */

char *sweep_cell_path(const struct sweep *sweep, const struct cell *cell, const char *suffix) {
    return core_printf(sweep->core, "%s/%s.%s", sweep->folder, cell->hash, suffix);
}

/* *result is NULL where none is kept. */
synrl_status sweep_result_of(const struct sweep *sweep, const struct cell *cell, json_t **result) {
    *result = NULL;
    if (cell->is_stale) {
        return SYNRL_OK;
    }
    char *path = sweep_cell_path(sweep, cell, "json");
    const synrl_status status =
        path != NULL ? kept_result(sweep->core, path, result) : SYNRL_NO_MEMORY;
    core_free(sweep->core, path);
    return status;
}

/* Whether the cell has a kept result under another text of the script. `names` are sorted. */
static bool has_older(const struct cell *cell, size_t n, struct dirent *const *names) {
    size_t first = 0;
    for (size_t last = n; first < last;) {
        const size_t middle = first + (last - first) / 2;
        if (strncmp(names[middle]->d_name, cell->hash, 16) < 0) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    return first < n && strncmp(names[first]->d_name, cell->hash, 16) == 0;
}

synrl_status sweep_check_kept(struct sweep *sweep, struct cell *cell, size_t n_names,
                              struct dirent *const *names) {
    char reason[KEPT_REASON_SIZE] = "", *path = sweep_cell_path(sweep, cell, "json");
    enum kept_state state = KEPT_MISSING;
    const synrl_status status =
        path != NULL ? kept_check(sweep->core, path, &state, reason) : SYNRL_NO_MEMORY;
    core_free(sweep->core, path);
    SYNRL_TRY(status);
    cell->is_stale = state != KEPT_HOLDS;
    if (state == KEPT_MISSING && names != NULL && has_older(cell, n_names, names)) {
        snprintf(reason, sizeof reason, "%s has changed", sweep->options->script);
    }
    snprintf(cell->reason, sizeof cell->reason, "%s", reason);
    return SYNRL_OK;
}

/* Keeps what the process of the cell has written; *is_kept is false, and the reason is in the
 * cell's error, where that is not a result. */
synrl_status sweep_keep_result(const struct sweep *sweep, struct cell *cell, bool *is_kept) {
    char *text = NULL, *path = sweep_cell_path(sweep, cell, "json");
    size_t size = 0;
    synrl_status status = path != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = file_read(sweep->core, sweep->files.output, CELL_RESULT_LIMIT, &text, &size);
    }
    json_error_t error = {.text = ""};
    json_t *json = status == SYNRL_OK ? json_read_text(text, size, JSON_DECODE_ANY, &error) : NULL;
    *is_kept = json != NULL;
    if (json != NULL) {
        status = file_write(sweep->core, path, text, size);
    } else if (status == SYNRL_OK && strcmp(error.text, JSON_NO_MEMORY) == 0) {
        status = core_fail(sweep->core, SYNRL_NO_MEMORY, "%s: not enough memory to read it",
                           sweep->files.output);
    } else if (status == SYNRL_OK) {
        snprintf(cell->error, sizeof cell->error, "%s",
                 size == 0 ? "it ended without a result" : "its result is not JSON");
    }
    json_decref(json);
    core_free(sweep->core, text);
    core_free(sweep->core, path);
    return status;
}

/* Files of a cell ------------------------------------------------------------------------------ */

void sweep_free_files(struct sweep *sweep) {
    core_free(sweep->core, sweep->files.claim);
    core_free(sweep->core, sweep->files.output);
    core_free(sweep->core, sweep->files.error);
}

synrl_status sweep_name_files(struct sweep *sweep, const struct cell *cell) {
    sweep_free_files(sweep);
    sweep->files = (struct cell_files){.claim = sweep_cell_path(sweep, cell, "claim"),
                                       .output = sweep_cell_path(sweep, cell, "out"),
                                       .error = sweep_cell_path(sweep, cell, "err")};
    return sweep->files.claim != NULL && sweep->files.output != NULL && sweep->files.error != NULL
               ? SYNRL_OK
               : SYNRL_NO_MEMORY;
}

void sweep_remove_files(const struct sweep *sweep) {
    unlink(sweep->files.error);
    unlink(sweep->files.output);
}

synrl_status sweep_show_first(struct sweep *sweep, const struct cell *cell) {
    json_t *result;
    if (sweep->options->first == NULL || sweep->has_first) {
        return SYNRL_OK;
    }
    SYNRL_TRY(sweep_result_of(sweep, cell, &result));
    if (result != NULL) {
        sweep->options->first(sweep->options->first_context, result);
        sweep->has_first = true;
    }
    json_decref(result);
    return SYNRL_OK;
}
