/* SPDX-License-Identifier: MIT */
/* The record of a sweep: written next to its runs, and read for reports. */
#include "sweep/sweep_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "runs/run_files.h"
#include "runs/runs.h"

enum { SWEEP_LIMIT = 1 << 30 };

/* Writing -------------------------------------------------------------------------------------- */

char *sweep_record_base(struct core *core, const char *runs, const json_t *cells) {
    XXH64_hash_t hash = 0;
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const char *one = json_string_value(json_object_get(json_array_get(cells, i), "hash"));
        hash = one != NULL ? XXH3_64bits_withSeed(one, strlen(one), hash) : hash;
    }
    return core_printf(core, "%s/sweep-%08" PRIx64, runs, (hash & UINT32_MAX));
}

synrl_status sweep_record_write(struct core *core, const char *runs, json_t *results) {
    char *base = sweep_record_base(core, runs, json_object_get(results, "cells"));
    char *path = base != NULL ? core_printf(core, "%s.json", base) : NULL;
    core_free(core, base);
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    char *text = json_object_set_new(results, "file", json_text_bytes(path)) == 0
                     ? json_text(results, JSON_INDENT(1) | JSON_SORT_KEYS)
                     : NULL;
    const synrl_status status =
        text != NULL ? file_write(core, path, text, strlen(text))
                     : core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory", path);
    free(text);
    core_free(core, path);
    return status;
}

/* Reading -------------------------------------------------------------------------------------- */

static synrl_status read_cells(struct core *core, const char *path, json_t **wanted) {
    char *text;
    size_t size;
    json_error_t error;
    SYNRL_TRY(file_read(core, path, SWEEP_LIMIT, &text, &size));
    json_t *sweep = json_read_text(text, size, 0, &error);
    const json_t *cells = json_object_get(sweep, "cells");
    core_free(core, text);
    *wanted = json_object();
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const char *hash = json_string_value(json_object_get(json_array_get(cells, i), "hash"));
        if (hash != NULL) {
            json_put(*wanted, hash, json_object());
        }
    }
    const bool is_read = sweep != NULL || strcmp(error.text, JSON_NO_MEMORY) != 0;
    json_decref(sweep);
    if (!is_read || *wanted == NULL) {
        return core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to read it", path);
    }
    return json_object_size(*wanted) > 0
               ? SYNRL_OK
               : core_fail(core, SYNRL_INVALID, "%s: not the record of a sweep", path);
}

/* Adds a run to `wanted`, {hash: {"call": the last call of the program for the cell, "runs":
 * {ordinal in the call: folder}}}. A cell that ran again has the runs of its last call only. */
static void take(json_t *wanted, const json_t *run, const char *folder) {
    const char *hash = NULL, *id = NULL;
    json_int_t ordinal = 0;
    char key[24];
    const json_t *call = json_object_get(run, "call");
    const char *status = json_string_value(json_object_get(run, "status"));
    if (!run_is_complete(status) || !json_take_text(call, "cell", &hash) ||
        !json_take_text(call, "id", &id) || !json_take_integer(call, "ordinal", &ordinal)) {
        return;
    }
    json_t *cell = json_object_get(wanted, hash);
    const char *last = json_string_value(json_object_get(cell, "call"));
    if (cell != NULL && (last == NULL || strcmp(last, id) != 0)) {
        json_put(cell, "call", json_string(id));
        json_put(cell, "runs", json_object());
    }
    snprintf(key, sizeof key, "%lld", (long long)ordinal);
    if (cell != NULL) {
        json_put(json_object_get(cell, "runs"), key, json_text_bytes(folder));
    }
}

/* Skips unreadable runs. */
static synrl_status collect_runs(struct core *core, const char *runs, json_t *wanted) {
    struct run_list list;
    synrl_status status = run_list_read(core, runs, &list);
    for (size_t i = 0; status == SYNRL_OK && i < list.n; i++) {
        json_t *run;
        char *folder = core_printf(core, "%s/%s", runs, list.entries[i].name);
        if (folder == NULL) {
            status = SYNRL_NO_MEMORY;
        } else if (run_exists(folder, NULL)) {
            const synrl_status read = record_read(core, folder, &run);
            if (read == SYNRL_OK) {
                take(wanted, run, folder);
                json_decref(run);
            } else if (read == SYNRL_NO_MEMORY) {
                status = read;
            }
        }
        core_free(core, folder);
    }
    run_list_free(core, &list);
    return status;
}

synrl_status sweep_record_runs(struct core *core, const char *path, json_t **folders) {
    const uint64_t lacks = json_lacks();
    json_t *wanted = NULL, *runs_of_cell, *folder;
    const char *slash = strrchr(path, '/'), *key;
    *folders = NULL;
    char *runs = slash != NULL ? core_printf(core, "%.*s", (int)(slash - path), path)
                               : core_strdup(core, ".");
    synrl_status status = runs != NULL ? read_cells(core, path, &wanted) : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = collect_runs(core, runs, wanted);
    }
    if (status == SYNRL_OK) {
        *folders = json_array();
        json_object_foreach(wanted, key, runs_of_cell) {
            const char *ordinal;
            json_object_foreach(json_object_get(runs_of_cell, "runs"), ordinal, folder) {
                json_put_item(*folders, json_incref(folder));
            }
        }
    }
    if (status == SYNRL_OK && json_lacks() != lacks) { /* some may be missing */
        json_decref(*folders);
        *folders = NULL;
        status = core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory for its runs", path);
    }
    json_decref(wanted);
    core_free(core, runs);
    return status;
}
