/* SPDX-License-Identifier: MIT */
/* The cells of a sweep: the hash that identifies each, its kept result, its process. */
#include "sweep/sweep.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/file.h"
#include "base/number.h"
#include "base/process.h"
#include "base/reads.h"
#include "record/invocation.h"
#include "sweep/groups.h"
#include "sweep/kept.h"
#include "sweep/sweep_record.h"

enum { SCRIPT_LIMIT = 64 << 20, RESULT_LIMIT = 256 << 20, INTERRUPTED = 75, HASH_SIZE = 33 };

struct cell {
    const json_t *parameters;
    char hash[HASH_SIZE];
    bool is_stale;                 /* its kept result no longer holds, or is missing */
    char reason[KEPT_REASON_SIZE]; /* why it no longer holds; "": there is none */
    size_t n_failures;
    char error[512]; /* of the last failure; "": none */
};

struct sweep {
    struct core *core;
    const struct sweep_options *options;
    char *folder; /* RUNS/.cells */
    uint64_t script_hash;
    size_t n;
    struct cell *cells;
    size_t *queue; /* the cells to run */
    size_t n_queued, n_failed;
    size_t threads; /* of each process */
    char program[PATH_MAX];
    char *output, *error; /* files of the job being started or ended */
};

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
        json_array_append_new(overrides, json_string(options->overrides[i]));
    }
    json_t *key = json_pack("{s:s, s:o, s:O, s:I, s:b, s:I}", "script", options->script,
                            "overrides", overrides, "parameters", cell->parameters, "ordinal",
                            (json_int_t)options->ordinal, "has_seed", (int)options->has_seed,
                            "seed", (json_int_t)options->seed);
    char *text = key != NULL ? json_dumps(key, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
    json_decref(key);
    if (text == NULL) {
        return core_fail(sweep->core, SYNRL_NO_MEMORY, "not enough memory for the sweep");
    }
    snprintf(cell->hash, HASH_SIZE, "%016" PRIx64 "%016" PRIx64, XXH3_64bits(text, strlen(text)),
             sweep->script_hash);
    free(text);
    return SYNRL_OK;
}

/* Kept results --------------------------------------------------------------------------------- */

static char *path_of(const struct sweep *sweep, const struct cell *cell, const char *suffix) {
    return core_printf(sweep->core, "%s/%s.%s", sweep->folder, cell->hash, suffix);
}

static json_t *result_of(const struct sweep *sweep, const struct cell *cell) {
    char *path = path_of(sweep, cell, "json");
    json_t *json = path != NULL && !cell->is_stale ? kept_result(sweep->core, path) : NULL;
    core_free(sweep->core, path);
    return json;
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

static synrl_status check_kept(struct sweep *sweep, struct cell *cell, size_t n_names,
                               struct dirent *const *names) {
    char reason[KEPT_REASON_SIZE] = "", *path = path_of(sweep, cell, "json");
    enum kept_state state = KEPT_MISSING;
    const synrl_status status =
        path != NULL ? kept_check(sweep->core, path, &state, reason) : SYNRL_NO_MEMORY;
    core_free(sweep->core, path);
    SYNRL_TRY(status);
    cell->is_stale = state != KEPT_HOLDS;
    if (state == KEPT_MISSING && has_older(cell, n_names, names)) {
        snprintf(reason, sizeof reason, "%s has changed", sweep->options->script);
    }
    snprintf(cell->reason, sizeof cell->reason, "%s", reason);
    return SYNRL_OK;
}

static synrl_status keep_result(const struct sweep *sweep, const struct cell *cell) {
    char *text = NULL, *path = path_of(sweep, cell, "json");
    size_t size;
    json_t *json = NULL;
    synrl_status status = path != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = file_read(sweep->core, sweep->output, RESULT_LIMIT, &text, &size);
    }
    if (status == SYNRL_OK) {
        json = json_loadb(text, size, JSON_DECODE_ANY, NULL);
        status = json != NULL ? file_write(sweep->core, path, text, size)
                              : core_fail(sweep->core, SYNRL_INVALID,
                                          "%s: the script's result is not JSON", path);
    }
    json_decref(json);
    core_free(sweep->core, text);
    core_free(sweep->core, path);
    return status;
}

/* Running -------------------------------------------------------------------------------------- */

/* A value as a person would write it; numbers with the fewest digits that read back exactly. */
static const char *value_text(const json_t *value, char text[NUMBER_SIZE + 2]) {
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_real(value)) {
        number_write_shortest(text, json_real_value(value));
        strcat(text, strpbrk(text, ".e") != NULL ? "" : ".0");
    } else if (json_is_integer(value)) {
        snprintf(text, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        return json_is_true(value) ? "true" : "false";
    }
    return text;
}

/* The parameters as a person would write them: n=2 seed=3. */
static void describe(const json_t *parameters, char *text, size_t size) {
    const char *key;
    json_t *value;
    size_t length = 0;
    text[0] = '\0';
    json_object_foreach((json_t *)parameters, key, value) {
        char number[NUMBER_SIZE + 2];
        char *list = json_is_array(value) ? json_dumps(value, JSON_COMPACT) : NULL;
        const int n = snprintf(text + length, size - length, "%s%s=%s", length > 0 ? " " : "", key,
                               list != NULL ? list : value_text(value, number));
        free(list);
        length = n > 0 && (size_t)n < size - length ? length + (size_t)n : size - 1;
    }
}

static synrl_status name_files(struct sweep *sweep, const struct cell *cell) {
    core_free(sweep->core, sweep->output);
    core_free(sweep->core, sweep->error);
    sweep->output = path_of(sweep, cell, "out");
    sweep->error = path_of(sweep, cell, "err");
    return sweep->output != NULL && sweep->error != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

/* The options of a cell's process: those of all cells and, unless the script determines them
 * itself, the cell's parameters. */
static void add_overrides(const struct sweep *sweep, const struct cell *cell,
                          struct words *overrides) {
    const struct sweep_options *options = sweep->options;
    const char *key;
    json_t *value;
    for (size_t i = 0; i < options->n_overrides; i++) {
        words_add(overrides, "%s", options->overrides[i]);
    }
    json_object_foreach((json_t *)cell->parameters, key, value) {
        if (options->ordinal == 0) {
            char text[NUMBER_SIZE + 2];
            words_add(overrides, "%s=%s", key, value_text(value, text));
        }
    }
}

static synrl_status begin(void *context, size_t number, struct job *job) {
    struct sweep *sweep = context;
    const struct sweep_options *options = sweep->options;
    const struct cell *cell = &sweep->cells[sweep->queue[number]];
    char place[64];
    SYNRL_TRY(name_files(sweep, cell));
    struct words overrides = {.n = 0};
    add_overrides(sweep, cell, &overrides);
    snprintf(place, sizeof place, "%" PRIu64 ":%zu", options->ordinal, sweep->queue[number] + 1);
    const struct run_request request = {.json = true,
                                        .quiet = true,
                                        .threads = {true, sweep->threads},
                                        .seed = {options->has_seed, options->seed},
                                        .runs = options->runs,
                                        .no_record = !options->record,
                                        .no_pictures = true,
                                        .cell_hash = cell->hash,
                                        .cell = options->ordinal > 0 ? place : NULL,
                                        .script = options->script,
                                        .n_overrides = overrides.n,
                                        .overrides = (const char *const *)overrides.list};
    words_add(&job->words, "%s", sweep->program);
    run_request_write(&request, &job->words);
    job->words.has_failed |= overrides.has_failed;
    words_free(&overrides);
    job->output = sweep->output;
    job->error = sweep->error;
    return SYNRL_OK;
}

/* The last line that a cell wrote to stderr. */
static void read_error(struct sweep *sweep, struct cell *cell, int code) {
    char *text = NULL;
    size_t size = 0;
    if (code > 128) {
        snprintf(cell->error, sizeof cell->error, "ended by signal %d", code - 128);
    } else {
        snprintf(cell->error, sizeof cell->error, "exit code %d", code);
    }
    if (file_read(sweep->core, sweep->error, RESULT_LIMIT, &text, &size) != SYNRL_OK) {
        return;
    }
    while (size > 0 && text[size - 1] == '\n') {
        text[--size] = '\0';
    }
    const char *line = strrchr(text, '\n');
    if (size > 0) {
        const size_t length = strlen(cell->error);
        snprintf(cell->error + length, sizeof cell->error - length, ": %s",
                 line != NULL ? line + 1 : text);
    }
    core_free(sweep->core, text);
}

static synrl_status end(void *context, size_t number, int code, bool *again) {
    struct sweep *sweep = context;
    const struct sweep_options *options = sweep->options;
    struct cell *cell = &sweep->cells[sweep->queue[number]];
    char who[256];
    SYNRL_TRY(name_files(sweep, cell));
    cell->error[0] = '\0';
    if (code == 0) {
        SYNRL_TRY(keep_result(sweep, cell));
        cell->is_stale = false;
        unlink(sweep->error);
    } else {
        read_error(sweep, cell, code);
        describe(cell->parameters, who, sizeof who);
        *again = cell->n_failures++ < options->retries;
        if (code != INTERRUPTED) { /* by the signal that interrupts the sweep too */
            core_log(sweep->core, SYNRL_LOG_WARNING, "%s failed%s: %s", who,
                     *again ? ", and is tried again" : "", cell->error);
        }
        sweep->n_failed += !*again;
    }
    unlink(sweep->output);
    return code != 0 && options->fail_fast && !*again
               ? core_fail(sweep->core, SYNRL_INVALID, "%s failed: %s", who, cell->error)
               : SYNRL_OK;
}

static synrl_status tick(void *context, const struct job_counts *counts) {
    const struct sweep *sweep = context;
    const struct sweep_options *options = sweep->options;
    return options->tick != NULL ? options->tick(options->tick_context, counts, sweep->n_failed)
                                 : SYNRL_OK;
}

static synrl_status run_queue(struct sweep *sweep) {
    const struct sweep_options *options = sweep->options;
    const size_t at_once = options->jobs > 0 ? options->jobs : 1;
    sweep->threads = options->threads > at_once ? options->threads / at_once : 1;
    if (!process_program(sweep->program)) {
        return core_fail(sweep->core, SYNRL_IO, "cannot determine the path of this program");
    }
    SYNRL_TRY(folder_create(sweep->core, sweep->folder));
    const struct jobs jobs = {.n = sweep->n_queued,
                              .at_once = at_once,
                              .context = sweep,
                              .begin = begin,
                              .end = end,
                              .tick = tick};
    return jobs_run(sweep->core, &jobs);
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
        status = check_kept(sweep, &sweep->cells[i], n_names, names);
    }
    for (size_t i = 0; i < n_names; i++) {
        free(names[i]);
    }
    free(names);
    return status;
}

/* Queues the cells of this shard whose kept result is missing or no longer holds, and says so. */
static synrl_status queue_missing(struct sweep *sweep) {
    const struct sweep_options *options = sweep->options;
    const size_t n_shards = options->n_shards > 0 ? options->n_shards : 1;
    struct kept_tally tally = {.n_kept = 0};
    SYNRL_TRY(check_all(sweep));
    for (size_t i = 0; i < sweep->n; i++) {
        struct cell *cell = &sweep->cells[i];
        if (n_shards > 1 && i % n_shards + 1 != options->shard) {
            continue;
        }
        if (!options->fresh && !cell->is_stale) {
            tally.n_kept++;
            continue;
        }
        sweep->queue[sweep->n_queued++] = i;
        if (!options->fresh && cell->reason[0] != '\0') {
            kept_tally_again(&tally, cell->reason);
        } else {
            tally.n_new++;
        }
    }
    kept_tally_log(sweep->core, &tally);
    return SYNRL_OK;
}

static json_t *gather(const struct sweep *sweep) {
    json_t *cells = json_array();
    for (size_t i = 0; i < sweep->n; i++) {
        const struct cell *cell = &sweep->cells[i];
        json_t *result = cell->error[0] == '\0' ? result_of(sweep, cell) : NULL;
        const char *status = result != NULL           ? "done"
                             : cell->error[0] != '\0' ? "failed"
                                                      : "missing";
        json_t *json = json_pack("{s:O, s:s, s:s}", "parameters", cell->parameters, "status",
                                 status, "hash", cell->hash);
        if (result != NULL) {
            json_object_set_new(json, "result", result);
        } else if (cell->error[0] != '\0') {
            json_object_set_new(json, "error", json_string(cell->error));
        }
        json_array_append_new(cells, json);
    }
    return cells;
}

/* In the process of a later sweep's cell: its result may depend on these. */
static synrl_status note_kept(struct sweep *sweep) {
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; status == SYNRL_OK && i < sweep->n; i++) {
        char *path = path_of(sweep, &sweep->cells[i], "json");
        status = path != NULL ? reads_note(sweep->core, read_cell, NULL, path) : SYNRL_NO_MEMORY;
        core_free(sweep->core, path);
    }
    return status;
}

static synrl_status prepare(struct sweep *sweep, const json_t *cells) {
    struct core *core = sweep->core;
    const struct sweep_options *options = sweep->options;
    sweep->folder = core_printf(core, "%s/.cells", options->runs);
    sweep->cells = core_alloc(core, sweep->n, sizeof *sweep->cells);
    sweep->queue = core_alloc(core, sweep->n, sizeof *sweep->queue);
    if (sweep->folder == NULL || sweep->cells == NULL || sweep->queue == NULL) {
        return SYNRL_NO_MEMORY;
    }
    SYNRL_TRY(hash_script(sweep));
    for (size_t i = 0; i < sweep->n; i++) {
        sweep->cells[i].parameters = json_array_get(cells, i);
        SYNRL_TRY(hash_cell(sweep, &sweep->cells[i]));
    }
    return SYNRL_OK;
}

synrl_status sweep_run(struct core *core, const struct sweep_options *options, const json_t *cells,
                       json_t **results) {
    struct sweep sweep = {.core = core, .options = options, .n = json_array_size(cells)};
    *results = NULL;
    synrl_status status = prepare(&sweep, cells);
    if (status == SYNRL_OK && !options->collect_only) {
        status = queue_missing(&sweep);
        status = status == SYNRL_OK ? run_queue(&sweep) : status;
    }
    if (status == SYNRL_OK && options->collect_only) {
        status = note_kept(&sweep);
    }
    if (status == SYNRL_OK) {
        *results = sweep_summarise(gather(&sweep));
        status = *results != NULL
                     ? SYNRL_OK
                     : core_fail(core, SYNRL_NO_MEMORY, "not enough memory for the results");
    }
    if (status == SYNRL_OK && options->record && !options->collect_only) {
        status = sweep_record_write(core, options->runs, *results);
    }
    core_free(core, sweep.output);
    core_free(core, sweep.error);
    core_free(core, sweep.queue);
    core_free(core, sweep.cells);
    core_free(core, sweep.folder);
    return status;
}
