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
#include "record/invocation.h"
#include "sweep/groups.h"
#include "sweep/sweep_record.h"

enum { SCRIPT_LIMIT = 64 << 20, RESULT_LIMIT = 256 << 20, INTERRUPTED = 75, HASH_SIZE = 17 };

struct cell {
    const json_t *parameters;
    char hash[HASH_SIZE];
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

static synrl_status hash_file(struct sweep *sweep, const char *path) {
    char *text;
    size_t size;
    SYNRL_TRY(file_read(sweep->core, path, SCRIPT_LIMIT, &text, &size));
    sweep->script_hash = XXH3_64bits_withSeed(text, size, sweep->script_hash);
    core_free(sweep->core, text);
    return SYNRL_OK;
}

static int is_lua(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".lua") == 0;
}

/* Hashes the script and the files of the lib/ in its folder, sorted by name. */
static synrl_status hash_script(struct sweep *sweep) {
    const char *script = sweep->options->script, *slash = strrchr(script, '/');
    struct dirent **entries;
    synrl_status status = hash_file(sweep, script);
    char *lib =
        core_printf(sweep->core, "%.*slib", slash != NULL ? (int)(slash - script + 1) : 0, script);
    if (lib == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const int n = scandir(lib, &entries, is_lua, alphasort);
    for (int i = 0; i < n; i++) {
        char *path = core_printf(sweep->core, "%s/%s", lib, entries[i]->d_name);
        if (status == SYNRL_OK) {
            status = path != NULL ? hash_file(sweep, path) : SYNRL_NO_MEMORY;
        }
        core_free(sweep->core, path);
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
    core_free(sweep->core, lib);
    return status;
}

static synrl_status hash_cell(const struct sweep *sweep, struct cell *cell) {
    const struct sweep_options *options = sweep->options;
    json_t *overrides = json_array();
    for (size_t i = 0; i < options->n_overrides; i++) {
        json_array_append_new(overrides, json_string(options->overrides[i]));
    }
    json_t *key = json_pack("{s:s, s:o, s:O, s:I, s:b, s:I}", "version", SYNRL_VERSION, "overrides",
                            overrides, "parameters", cell->parameters, "ordinal",
                            (json_int_t)options->ordinal, "has_seed", (int)options->has_seed,
                            "seed", (json_int_t)options->seed);
    char *text = key != NULL ? json_dumps(key, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
    json_decref(key);
    if (text == NULL) {
        return core_fail(sweep->core, SYNRL_NO_MEMORY, "not enough memory for the sweep");
    }
    snprintf(cell->hash, HASH_SIZE, "%016" PRIx64,
             XXH3_64bits_withSeed(text, strlen(text), sweep->script_hash));
    free(text);
    return SYNRL_OK;
}

/* Kept results --------------------------------------------------------------------------------- */

static char *path_of(const struct sweep *sweep, const struct cell *cell, const char *suffix) {
    return core_printf(sweep->core, "%s/%s.%s", sweep->folder, cell->hash, suffix);
}

/* The kept result; NULL, to run the cell again, where it is missing or damaged. */
static json_t *kept_result(const struct sweep *sweep, const struct cell *cell) {
    char *path = path_of(sweep, cell, "json"), *text;
    size_t size;
    json_t *json = NULL;
    if (path != NULL && file_read(sweep->core, path, RESULT_LIMIT, &text, &size) == SYNRL_OK) {
        json = json_loadb(text, size, JSON_DECODE_ANY, NULL);
        core_free(sweep->core, text);
    }
    core_free(sweep->core, path);
    return json;
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

/* Queues the cells of this shard that have no kept result. */
static void queue_missing(struct sweep *sweep) {
    const struct sweep_options *options = sweep->options;
    const size_t n_shards = options->n_shards > 0 ? options->n_shards : 1;
    for (size_t i = 0; i < sweep->n; i++) {
        json_t *kept = options->fresh ? NULL : kept_result(sweep, &sweep->cells[i]);
        if (kept == NULL && (n_shards == 1 || i % n_shards + 1 == options->shard)) {
            sweep->queue[sweep->n_queued++] = i;
        }
        json_decref(kept);
    }
}

static json_t *gather(const struct sweep *sweep) {
    json_t *cells = json_array();
    for (size_t i = 0; i < sweep->n; i++) {
        const struct cell *cell = &sweep->cells[i];
        json_t *result = cell->error[0] == '\0' ? kept_result(sweep, cell) : NULL;
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
        queue_missing(&sweep);
        status = run_queue(&sweep);
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
