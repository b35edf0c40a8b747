/* SPDX-License-Identifier: MIT */
/* Reads the files that the recorder writes. */
#include "runs/run_files.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"

enum { RUN_JSON_LIMIT = 16 << 20 };
#define TRANSCRIPT_LIMIT ((size_t)1 << 32)

static char *path_in(struct core *core, const char *folder, const char *name) {
    return core_printf(core, "%s/%s", folder, name);
}

synrl_status record_read(struct core *core, const char *folder, json_t **json) {
    char *path = path_in(core, folder, "run.json"), *text = NULL;
    size_t size;
    json_error_t error;
    *json = NULL;
    synrl_status status =
        path != NULL ? file_read(core, path, RUN_JSON_LIMIT, &text, &size) : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
        if (!json_is_string(json_object_get(*json, "status"))) {
            status = core_fail(core, SYNRL_INVALID, "%s: not the record of a run: %s", path,
                               *json == NULL ? error.text : "must be an object with a \"status\"");
            json_decref(*json);
            *json = NULL;
        }
    }
    core_free(core, text);
    core_free(core, path);
    return status;
}

/* rewards.bin ---------------------------------------------------------------------------------- */

synrl_status record_rewards(struct core *core, const char *folder, uint64_t n, uint8_t **bits) {
    char *path = path_in(core, folder, "rewards.bin"), *bytes = NULL;
    size_t size;
    *bits = NULL;
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = file_read(core, path, TRANSCRIPT_LIMIT, &bytes, &size);
    if (status == SYNRL_OK && size < n / 8 + (n % 8 != 0)) {
        status =
            core_fail(core, SYNRL_INVALID,
                      "%s: has %zu bytes: must hold one bit for each of %" PRIu64 " iterations",
                      path, size, n);
    }
    if (status == SYNRL_OK) {
        *bits = core_alloc(core, n, 1);
        status = *bits != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    }
    for (uint64_t t = 0; status == SYNRL_OK && t < n; t++) {
        (*bits)[t] = (uint8_t)bytes[t / 8] >> t % 8 & 1;
    }
    core_free(core, bytes);
    core_free(core, path);
    return status;
}

/* losses.bin ----------------------------------------------------------------------------------- */

synrl_status record_losses(struct core *core, const char *folder, uint64_t n, double **losses) {
    char *path = path_in(core, folder, "losses.bin"), *bytes = NULL;
    size_t size;
    *losses = NULL;
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = file_read(core, path, TRANSCRIPT_LIMIT, &bytes, &size);
    if (status == SYNRL_OK && size / (2 * sizeof(double)) < n) {
        status = core_fail(core, SYNRL_INVALID,
                           "%s: has %zu bytes: must hold 16 for each of %" PRIu64 " iterations",
                           path, size, n);
    }
    if (status == SYNRL_OK) {
        *losses = core_alloc(core, n, 2 * sizeof(double));
        status = *losses != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    }
    if (status == SYNRL_OK && n > 0) {
        memcpy(*losses, bytes, n * 2 * sizeof(double));
    }
    core_free(core, bytes);
    core_free(core, path);
    return status;
}
