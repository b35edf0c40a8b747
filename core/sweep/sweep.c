/* SPDX-License-Identifier: MIT */
/* The cells of a sweep: the hash that identifies each, and what comes of all. */
#include "sweep/sweep.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/reads.h"
#include "sweep/groups.h"
#include "sweep/sweep_private.h"
#include "sweep/sweep_queue.h"
#include "sweep/sweep_record.h"
#include "sweep/sweep_results.h"

enum { SCRIPT_LIMIT = 64 << 20 };

/* Hashes --------------------------------------------------------------------------------------- */

static synrl_status hash_script(struct sweep *sweep) {
    char *text;
    size_t size;
    SYNRL_TRY(file_read(sweep->core, sweep->options->script, SCRIPT_LIMIT, &text, &size));
    sweep->script_hash = XXH3_64bits(text, size);
    core_free(sweep->core, text);
    return SYNRL_OK;
}

/* What the cell is, then the text of the script: with another text it is another cell, which is
 * known to be of the same sweep. What else its result depends on, the kept result says. */
static synrl_status hash_cell(const struct sweep *sweep, struct cell *cell) {
    const struct sweep_options *options = sweep->options;
    json_t *overrides = json_array();
    for (size_t i = 0; i < options->n_overrides; i++) {
        overrides = json_appended(overrides, json_text_bytes(options->overrides[i]));
    }
    json_t *key = json_pack("{s:o, s:o, s:O, s:I, s:b, s:I}", "script",
                            json_text_bytes(options->script), "overrides", overrides, "parameters",
                            cell->parameters, "ordinal", (json_int_t)options->ordinal, "has_seed",
                            (int)options->has_seed, "seed", (json_int_t)options->seed);
    char *text = key != NULL ? json_dump_whole(key, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
    json_decref(key);
    if (text == NULL) {
        return core_fail(sweep->core, SYNRL_NO_MEMORY, "not enough memory for the sweep");
    }
    snprintf(cell->hash, CELL_HASH_SIZE, "%016" PRIx64 "%016" PRIx64,
             XXH3_64bits(text, strlen(text)), sweep->script_hash);
    free(text);
    return SYNRL_OK;
}

/* Sweeps --------------------------------------------------------------------------------------- */

static int is_kept(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".json") == 0;
}

static synrl_status check_all(struct sweep *sweep) {
    struct dirent **names = NULL;
    const int n = scandir(sweep->folder, &names, is_kept, alphasort);
    const size_t n_names = n > 0 ? (size_t)n : 0;
    synrl_status status = SYNRL_OK;
    reads_forget(sweep->core);
    for (size_t i = 0; status == SYNRL_OK && i < sweep->n; i++) {
        status = sweep_check_kept(sweep, &sweep->cells[i], n_names, names);
        status = status == SYNRL_OK ? sweep_tick(sweep, &(struct job_counts){.n = 0}) : status;
    }
    for (size_t i = 0; i < n_names; i++) {
        free(names[i]);
    }
    free(names);
    return status;
}

/* The nth cell that this process is to look at; SIZE_MAX: there is none. First its own shard, then,
 * where it takes the rest, the others from the next shard on, each from its end, since the one that
 * it belongs to begins at its beginning. */
static size_t nth_cell(const struct sweep *sweep, size_t n) {
    const size_t n_shards = sweep->options->n_shards > 0 ? sweep->options->n_shards : 1;
    const size_t own = n_shards > 1 ? sweep->options->shard - 1 : 0;
    for (size_t step = 0; step < n_shards; step++) {
        const size_t shard = (own + step) % n_shards;
        const size_t size = sweep->n / n_shards + (shard < sweep->n % n_shards);
        if (n < size) {
            return shard + n_shards * (step == 0 ? n : size - 1 - n);
        }
        if (!sweep->options->takes_rest) {
            break;
        }
        n -= size;
    }
    return SIZE_MAX;
}

/* Removes what a kill has left of a cell whose result is kept, unless it is being run again. */
static synrl_status clear_files(struct sweep *sweep, struct cell *cell) {
    bool is_taken;
    SYNRL_TRY(sweep_name_files(sweep, cell));
    if (access(sweep->files.claim, F_OK) != 0 && access(sweep->files.output, F_OK) != 0) {
        return SYNRL_OK;
    }
    SYNRL_TRY(cell_claim_take(sweep->core, &sweep->files, sweep->lapse, &cell->claim, &is_taken));
    if (is_taken) {
        sweep_remove_files(sweep);
        close(cell->claim.output);
        cell_claim_release(&sweep->files, &cell->claim);
        cell->claim = CLAIM_NONE;
    }
    return SYNRL_OK;
}

static synrl_status queue_cell(struct sweep *sweep, size_t index, struct kept_tally *tally) {
    const bool is_fresh = sweep->options->fresh;
    struct cell *cell = &sweep->cells[index];
    if (!is_fresh && !cell->is_stale) {
        SYNRL_TRY(clear_files(sweep, cell));
        tally->n_kept++;
        return sweep_show_first(sweep, cell);
    }
    sweep->queue[sweep->n_queued++] = index;
    if (!is_fresh && cell->reason[0] != '\0') {
        kept_tally_again(tally, cell->reason);
    } else {
        tally->n_new++;
    }
    return SYNRL_OK;
}

/* Queues those of its cells whose kept result is missing or no longer holds, and says so. */
static synrl_status queue_missing(struct sweep *sweep) {
    struct kept_tally tally = {.n_kept = 0};
    SYNRL_TRY(check_all(sweep));
    for (size_t n = 0, cell; (cell = nth_cell(sweep, n)) != SIZE_MAX; n++) {
        SYNRL_TRY(queue_cell(sweep, cell, &tally));
    }
    kept_tally_log(sweep->core, &tally);
    return SYNRL_OK;
}

/* Appends a cell with its result or error to the list. */
static synrl_status gather_cell(const struct sweep *sweep, const struct cell *cell,
                                json_t **cells) {
    json_t *result = NULL;
    if (cell->error[0] == '\0') {
        SYNRL_TRY(sweep_result_of(sweep, cell, &result));
    }
    const char *status = result == NULL ? (cell->error[0] != '\0' ? "failed" : "missing")
                         : sweep_has_diverged(result) ? "diverged"
                                                      : "done";
    json_t *json = json_pack("{s:O, s:s, s:s, s:o*}", "parameters", cell->parameters, "status",
                             status, "hash", cell->hash, "result", result);
    if (cell->error[0] != '\0') {
        json = json_with(json, "error", json_text_bytes(cell->error));
    }
    *cells = json_appended(*cells, json);
    return *cells != NULL
               ? SYNRL_OK
               : core_fail(sweep->core, SYNRL_NO_MEMORY, "not enough memory for the results");
}

static synrl_status gather(const struct sweep *sweep, json_t **cells) {
    synrl_status status = SYNRL_OK;
    *cells = json_array();
    for (size_t i = 0; status == SYNRL_OK && i < sweep->n; i++) {
        status = gather_cell(sweep, &sweep->cells[i], cells);
    }
    if (status != SYNRL_OK) {
        json_decref(*cells);
        *cells = NULL;
    }
    return status;
}

/* In the process of a later sweep's cell: its result may depend on these. */
static synrl_status note_kept(struct sweep *sweep) {
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; status == SYNRL_OK && i < sweep->n; i++) {
        char *path = sweep_cell_path(sweep, &sweep->cells[i], "json");
        status = path != NULL ? reads_note(sweep->core, read_cell, NULL, path) : SYNRL_NO_MEMORY;
        core_free(sweep->core, path);
    }
    return status;
}

static synrl_status prepare(struct sweep *sweep, const json_t *cells) {
    struct core *core = sweep->core;
    const struct sweep_options *options = sweep->options;
    sweep->lapse = options->lapse > 0 ? options->lapse : CLAIM_LAPSE_SECONDS;
    sweep->folder = core_printf(core, "%s/.cells", options->runs);
    sweep->cells = core_alloc(core, sweep->n, sizeof *sweep->cells);
    sweep->queue = core_alloc(core, sweep->n, sizeof *sweep->queue);
    if (sweep->folder == NULL || sweep->cells == NULL || sweep->queue == NULL) {
        return SYNRL_NO_MEMORY;
    }
    SYNRL_TRY(hash_script(sweep));
    for (size_t i = 0; i < sweep->n; i++) {
        sweep->cells[i].parameters = json_array_get(cells, i);
        sweep->cells[i].claim = CLAIM_NONE;
        SYNRL_TRY(hash_cell(sweep, &sweep->cells[i]));
    }
    return SYNRL_OK;
}

static void release(struct sweep *sweep) {
    sweep_free_files(sweep);
    core_free(sweep->core, sweep->queue);
    core_free(sweep->core, sweep->cells);
    core_free(sweep->core, sweep->folder);
}

synrl_status sweep_path(struct core *core, const struct sweep_options *options, const json_t *cells,
                        char **path) {
    struct sweep sweep = {.core = core, .options = options, .n = json_array_size(cells)};
    json_t *hashes = json_array();
    synrl_status status = prepare(&sweep, cells);
    for (size_t i = 0; status == SYNRL_OK && i < sweep.n; i++) {
        hashes = json_appended(hashes, json_pack("{s:s}", "hash", sweep.cells[i].hash));
    }
    *path = hashes != NULL ? sweep_record_base(core, options->runs, hashes) : NULL;
    json_decref(hashes);
    release(&sweep);
    return status != SYNRL_OK ? status : *path != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

synrl_status sweep_run(struct core *core, const struct sweep_options *options, const json_t *cells,
                       json_t **results) {
    struct sweep sweep = {.core = core, .options = options, .n = json_array_size(cells)};
    *results = NULL;
    synrl_status status = prepare(&sweep, cells);
    if (status == SYNRL_OK && !options->collect_only) {
        status = queue_missing(&sweep);
        status = status == SYNRL_OK ? sweep_run_queue(&sweep) : status;
    }
    if (status == SYNRL_OK && options->collect_only) {
        status = note_kept(&sweep);
    }
    if (status == SYNRL_OK) {
        json_t *gathered;
        status = gather(&sweep, &gathered);
        *results = status == SYNRL_OK ? sweep_summarise(gathered) : NULL;
        if (status == SYNRL_OK && *results == NULL) {
            status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the results");
        }
    }
    if (status == SYNRL_OK && options->record && !options->collect_only && !options->is_follower) {
        status = sweep_record_write(core, options->runs, *results);
    }
    release(&sweep);
    return status;
}
