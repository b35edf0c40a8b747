/* SPDX-License-Identifier: MIT */
/* Reads the files that the recorder writes. */
#include "runs/run_files.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"

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
    synrl_status status = path != NULL ? file_read_no_link(core, path, RUN_JSON_LIMIT, &text, &size)
                                       : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        *json = json_read_text(text, size, JSON_REJECT_DUPLICATES, &error);
        if (!json_is_string(json_object_get(*json, "status"))) {
            status =
                *json == NULL && strcmp(error.text, JSON_NO_MEMORY) == 0
                    ? core_fail(core, SYNRL_NO_MEMORY, "%s: %s to read it", path, error.text)
                    : core_fail(core, SYNRL_INVALID, "%s: not the record of a run: %s", path,
                                *json == NULL ? error.text : "must be an object with a \"status\"");
            json_decref(*json);
            *json = NULL;
        }
    }
    core_free(core, text);
    core_free(core, path);
    return status;
}

/* Transcripts ---------------------------------------------------------------------------------- */

/* A file with `bits` for each of n iterations, or more; freed by core_free. `each` names them. */
static synrl_status read_transcript(struct core *core, const char *folder, const char *name,
                                    uint64_t n, size_t bits, const char *each, char **bytes) {
    char *path = path_in(core, folder, name);
    size_t size;
    *bytes = NULL;
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = file_read_no_link(core, path, TRANSCRIPT_LIMIT, bytes, &size);
    if (status == SYNRL_OK && size * 8 / bits < n) {
        status = core_fail(core, SYNRL_INVALID,
                           "%s: has %zu bytes: must hold %s for each of %" PRIu64 " iterations",
                           path, size, each, n);
        core_free(core, *bytes);
        *bytes = NULL;
    }
    core_free(core, path);
    return status;
}

synrl_status record_rewards(struct core *core, const char *folder, uint64_t n, uint8_t **bits) {
    char *bytes;
    *bits = NULL;
    SYNRL_TRY(read_transcript(core, folder, "rewards.bin", n, 1, "one bit", &bytes));
    *bits = core_alloc(core, n, 1);
    for (uint64_t t = 0; *bits != NULL && t < n; t++) {
        (*bits)[t] = (uint8_t)bytes[t / 8] >> t % 8 & 1;
    }
    core_free(core, bytes);
    return *bits != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

synrl_status record_losses(struct core *core, const char *folder, uint64_t n, double **losses) {
    char *bytes;
    *losses = NULL;
    SYNRL_TRY(read_transcript(core, folder, "losses.bin", n, 128, "16", &bytes));
    *losses = (void *)bytes; /* memory of the core is aligned */
    return SYNRL_OK;
}
