/* SPDX-License-Identifier: MIT */
/* Kept results, and whether they still hold. */
#include "sweep/kept.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

enum { RESULT_LIMIT = 256 << 20 };

json_t *kept_json(json_t *result, json_t *files) {
    return json_pack("{s:o, s:o}", "result", result, "files", files);
}

/* *json is NULL where the file is another one. */
static synrl_status read_kept(struct core *core, const char *path, json_t **json) {
    char *text;
    size_t size;
    json_error_t error = {.text = ""};
    *json = NULL;
    const synrl_status status = file_read(core, path, RESULT_LIMIT, &text, &size);
    if (status != SYNRL_OK) {
        return status;
    }
    json_t *read = json_read_text(text, size, 0, &error);
    core_free(core, text);
    if (strcmp(error.text, JSON_NO_MEMORY) == 0) {
        return core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to read it", path);
    }
    if (json_is_array(json_object_get(read, "files")) && json_object_get(read, "result") != NULL) {
        *json = json_incref(read);
    }
    json_decref(read);
    return SYNRL_OK;
}

synrl_status kept_result(struct core *core, const char *path, json_t **result) {
    json_t *json;
    *result = NULL;
    const synrl_status status = read_kept(core, path, &json);
    if (status != SYNRL_OK) {
        return status == SYNRL_NO_MEMORY || access(path, F_OK) == 0 ? status : SYNRL_OK;
    }
    *result = json_incref(json_object_get(json, "result"));
    json_decref(json);
    return SYNRL_OK;
}

/* Checking ------------------------------------------------------------------------------------- */

synrl_status kept_check(struct core *core, const char *path, enum kept_state *state,
                        char reason[KEPT_REASON_SIZE]) {
    json_t *json;
    synrl_status status = read_kept(core, path, &json);
    if (status == SYNRL_NO_MEMORY) {
        return status;
    }
    json_t *files = json_object_get(json, "files");
    status = json_restore_bytes(files)
                 ? SYNRL_OK
                 : core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to compare files", path);
    *state = json != NULL ? KEPT_HOLDS : KEPT_MISSING;
    reason[0] = '\0';
    for (size_t i = 0; status == SYNRL_OK && *state == KEPT_HOLDS && i < json_array_size(files);
         i++) {
        status = change_of_file(core, json_array_get(files, i), NULL, reason);
        *state = status == SYNRL_OK && reason[0] != '\0' ? KEPT_STALE : KEPT_HOLDS;
    }
    json_decref(json);
    return status;
}

/* Telling -------------------------------------------------------------------------------------- */

void kept_tally_again(struct kept_tally *tally, const char *reason) {
    bool is_known = false;
    tally->n_again++;
    for (size_t i = 0; i < tally->n_reasons && i < KEPT_REASONS_MAX; i++) {
        is_known = is_known || strcmp(tally->reasons[i], reason) == 0;
    }
    if (!is_known && tally->n_reasons < KEPT_REASONS_MAX) {
        snprintf(tally->reasons[tally->n_reasons], KEPT_REASON_SIZE, "%s", reason);
    }
    tally->n_reasons += !is_known;
}

void kept_tally_log(struct core *core, const struct kept_tally *tally) {
    char text[(KEPT_REASONS_MAX + 1) * KEPT_REASON_SIZE] = "", new_cells[64] = "";
    size_t length = 0;
    if (tally->n_kept == 0 && tally->n_again == 0) {
        return;
    }
    for (size_t i = 0; i < tally->n_reasons; i++) {
        const bool is_last = i == KEPT_REASONS_MAX;
        const int n = snprintf(text + length, sizeof text - length, "%s%s", i == 0 ? ": " : ", ",
                               is_last ? "and more" : tally->reasons[i]);
        length += n > 0 ? (size_t)n : 0;
        if (is_last) {
            break;
        }
    }
    if (tally->n_new > 0) {
        snprintf(new_cells, sizeof new_cells, "; %zu new", tally->n_new);
    }
    if (tally->n_again > 0) {
        core_log(core, SYNRL_LOG_INFO, "%zu %s kept, %zu run again%s%s", tally->n_kept,
                 tally->n_kept == 1 ? "cell" : "cells", tally->n_again, text, new_cells);
    } else {
        core_log(core, SYNRL_LOG_INFO, "%zu %s kept%s", tally->n_kept,
                 tally->n_kept == 1 ? "cell" : "cells", new_cells);
    }
}
