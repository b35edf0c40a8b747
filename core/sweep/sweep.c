/* SPDX-License-Identifier: MIT */
/* The cells of a sweep: the hash that identifies each, its kept result, its process. */
#include "sweep/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/number.h"
#include "base/process.h"
#include "base/reads.h"
#include "record/invocation.h"
#include "record/litter.h"
#include "sweep/cell_claim.h"
#include "sweep/cell_runs.h"
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
    bool is_resumed; /* the process continues an earlier one */
    bool is_fresh;   /* after that has failed: it starts again */
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
    /* "" or, where the file system has no locks, "-HOST-PID", so that each process has files of its
     * own. */
    char own[128];
    double busy_since;    /* the first cell that another process was running; 0: none yet */
    bool is_told;         /* of that */
    bool has_first;       /* a result has been shown to options->first */
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
    snprintf(cell->hash, HASH_SIZE, "%016" PRIx64 "%016" PRIx64, XXH3_64bits(text, strlen(text)),
             sweep->script_hash);
    free(text);
    return SYNRL_OK;
}

/* Kept results --------------------------------------------------------------------------------- */

static char *path_of(const struct sweep *sweep, const struct cell *cell, const char *suffix) {
    return core_printf(sweep->core, "%s/%s.%s", sweep->folder, cell->hash, suffix);
}

/* *result is NULL where none is kept. */
static synrl_status result_of(const struct sweep *sweep, const struct cell *cell, json_t **result) {
    *result = NULL;
    if (cell->is_stale) {
        return SYNRL_OK;
    }
    char *path = path_of(sweep, cell, "json");
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

static synrl_status check_kept(struct sweep *sweep, struct cell *cell, size_t n_names,
                               struct dirent *const *names) {
    char reason[KEPT_REASON_SIZE] = "", *path = path_of(sweep, cell, "json");
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
static synrl_status keep_result(const struct sweep *sweep, struct cell *cell, bool *is_kept) {
    char *text = NULL, *path = path_of(sweep, cell, "json");
    size_t size = 0;
    synrl_status status = path != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = file_read(sweep->core, sweep->output, RESULT_LIMIT, &text, &size);
    }
    json_error_t error = {.text = ""};
    json_t *json = status == SYNRL_OK ? json_read_text(text, size, JSON_DECODE_ANY, &error) : NULL;
    *is_kept = json != NULL;
    if (json != NULL) {
        status = file_write(sweep->core, path, text, size);
    } else if (status == SYNRL_OK && strcmp(error.text, JSON_NO_MEMORY) == 0) {
        status = core_fail(sweep->core, SYNRL_NO_MEMORY, "%s: not enough memory to read it",
                           sweep->output);
    } else if (status == SYNRL_OK) {
        snprintf(cell->error, sizeof cell->error, "%s",
                 size == 0 ? "it ended without a result" : "its result is not JSON");
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
        char *list = json_is_array(value) ? json_dump_whole(value, JSON_COMPACT) : NULL;
        const int n = snprintf(text + length, size - length, "%s%s=%s", length > 0 ? " " : "", key,
                               list != NULL ? list : value_text(value, number));
        free(list);
        length = n > 0 && (size_t)n < size - length ? length + (size_t)n : size - 1;
    }
}

static synrl_status name_files(struct sweep *sweep, const struct cell *cell) {
    core_free(sweep->core, sweep->output);
    core_free(sweep->core, sweep->error);
    sweep->output = core_printf(sweep->core, "%s/%s%s.out", sweep->folder, cell->hash, sweep->own);
    sweep->error = core_printf(sweep->core, "%s/%s%s.err", sweep->folder, cell->hash, sweep->own);
    return sweep->output != NULL && sweep->error != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

static void remove_files(const struct sweep *sweep) {
    unlink(sweep->error);
    unlink(sweep->output);
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

/* The words of the process: `synrl run` or, if `folder` is not NULL, `synrl resume`. */
static void add_words(const struct sweep *sweep, size_t number, const char *folder,
                      struct words *words) {
    const struct sweep_options *options = sweep->options;
    const struct cell *cell = &sweep->cells[number];
    char place[64];
    struct words overrides = {.n = 0};
    add_overrides(sweep, cell, &overrides);
    snprintf(place, sizeof place, "%" PRIu64 ":%zu", options->ordinal, number + 1);
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
    words_add(words, "%s", sweep->program);
    if (folder != NULL) {
        words_add(words, "resume");
        flags_write(N_RESUME_FLAGS, call_flags, &request, words);
        words_add(words, "%s", folder);
    } else {
        run_request_write(&request, words);
    }
    words_add(words, "--parent");
    words_add(words, "%ld", (long)getpid());
    words->has_failed |= overrides.has_failed;
    words_free(&overrides);
}

/* Claims the files of the cell, by a name of our own where there are no locks. */
static synrl_status claim_cell(struct sweep *sweep, const struct cell *cell,
                               struct cell_claim *claim) {
    SYNRL_TRY(name_files(sweep, cell));
    SYNRL_TRY(cell_claim(sweep->core, sweep->output, sweep->own[0] == '\0', claim));
    if (claim->state != CLAIM_UNSUPPORTED) {
        return SYNRL_OK;
    }
    char host[64] = "host";
    gethostname(host, sizeof host - 1);
    snprintf(sweep->own, sizeof sweep->own, "-%s-%ld", host, (long)getpid());
    SYNRL_TRY(name_files(sweep, cell));
    return cell_claim(sweep->core, sweep->output, false, claim);
}

/* Says once that cells are waited for. */
static void tell_busy(struct sweep *sweep, const struct cell *cell) {
    char who[256];
    const double now = clock_seconds();
    if (sweep->busy_since <= 0) {
        sweep->busy_since = now;
    }
    if (!sweep->is_told && now - sweep->busy_since > 0.5) {
        sweep->is_told = true;
        describe(cell->parameters, who, sizeof who);
        core_log(sweep->core, SYNRL_LOG_WARNING,
                 "%s: another process is running this cell; waiting for it", who);
    }
}

/* The cell is ours: what starts its process, unless another has left its result by now. */
static synrl_status prepare_job(struct sweep *sweep, size_t number, bool was_started,
                                struct job *job) {
    const struct sweep_options *options = sweep->options;
    struct cell *cell = &sweep->cells[number];
    char *folder = NULL;
    if (!options->fresh) {
        SYNRL_TRY(check_kept(sweep, cell, 0, NULL));
    }
    if (!options->fresh && !cell->is_stale) {
        remove_files(sweep);
        cell->error[0] = '\0';
        job->state = JOB_DONE;
        return SYNRL_OK;
    }
    job->error = open(sweep->error, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (job->error < 0) {
        return file_fail(sweep->core, sweep->error, "write");
    }
    if (was_started && options->record && !options->fresh && !cell->is_fresh) {
        SYNRL_TRY(cell_runs_find(sweep->core, options->runs, cell->hash, &folder));
    }
    cell->is_resumed = folder != NULL;
    add_words(sweep, number, folder, &job->words);
    core_free(sweep->core, folder);
    return SYNRL_OK;
}

static synrl_status begin(void *context, size_t number, struct job *job) {
    struct sweep *sweep = context;
    const size_t index = sweep->queue[number];
    struct cell_claim claim;
    SYNRL_TRY(claim_cell(sweep, &sweep->cells[index], &claim));
    if (claim.state == CLAIM_BUSY) {
        job->state = JOB_BUSY;
        tell_busy(sweep, &sweep->cells[index]);
        return SYNRL_OK;
    }
    job->output = claim.descriptor;
    return prepare_job(sweep, index, claim.was_started, job);
}

/* Appends the last line that the cell wrote to stderr to its error. */
static synrl_status add_last_line(struct sweep *sweep, struct cell *cell) {
    char *text = NULL;
    size_t size = 0;
    const synrl_status status = file_read(sweep->core, sweep->error, RESULT_LIMIT, &text, &size);
    if (status != SYNRL_OK) {
        return status == SYNRL_NO_MEMORY ? status : SYNRL_OK;
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
    return SYNRL_OK;
}

/* Keeps the result, or sets the cell's error. */
static synrl_status judge(struct sweep *sweep, struct cell *cell, int code) {
    bool is_kept = false;
    cell->error[0] = '\0';
    if (code == 0) {
        SYNRL_TRY(keep_result(sweep, cell, &is_kept));
        cell->is_stale = !is_kept;
    } else if (code > 128) {
        snprintf(cell->error, sizeof cell->error, "ended by signal %d", code - 128);
    } else {
        snprintf(cell->error, sizeof cell->error, "exit code %d", code);
    }
    return is_kept ? SYNRL_OK : add_last_line(sweep, cell);
}

/* Whether the cell that failed is to be run again. */
static bool try_again(const struct sweep *sweep, struct cell *cell, int code) {
    char who[256];
    describe(cell->parameters, who, sizeof who);
    if (cell->is_resumed && code != INTERRUPTED) {
        cell->is_fresh = true; /* perhaps it cannot continue: this does not count */
        core_log(sweep->core, SYNRL_LOG_WARNING,
                 "%s could not continue where it was, and starts again: %s", who, cell->error);
        return true;
    }
    const bool again = cell->n_failures++ < sweep->options->retries;
    if (code != INTERRUPTED) { /* by the signal that interrupts the sweep too */
        core_log(sweep->core, SYNRL_LOG_WARNING, "%s failed%s: %s", who,
                 again ? ", and is tried again" : "", cell->error);
    }
    return again;
}

static synrl_status show_first(struct sweep *sweep, const struct cell *cell) {
    json_t *result;
    if (sweep->options->first == NULL || sweep->has_first) {
        return SYNRL_OK;
    }
    SYNRL_TRY(result_of(sweep, cell, &result));
    if (result != NULL) {
        sweep->options->first(sweep->options->first_context, result);
        sweep->has_first = true;
    }
    json_decref(result);
    return SYNRL_OK;
}

static synrl_status end(void *context, size_t number, int code, bool *again) {
    struct sweep *sweep = context;
    struct cell *cell = &sweep->cells[sweep->queue[number]];
    SYNRL_TRY(name_files(sweep, cell));
    SYNRL_TRY(judge(sweep, cell, code));
    if (cell->error[0] == '\0') {
        remove_files(sweep);
        return show_first(sweep, cell);
    }
    *again = try_again(sweep, cell, code);
    sweep->n_failed += !*again;
    if (code < 128 && code != INTERRUPTED) { /* else a file says that it can be continued */
        unlink(sweep->output);
    }
    if (sweep->options->fail_fast && !*again) {
        char who[256];
        describe(cell->parameters, who, sizeof who);
        return core_fail(sweep->core, SYNRL_INVALID, "%s failed: %s", who, cell->error);
    }
    return SYNRL_OK;
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
    litter_clear_drafts(sweep->options->runs);
    litter_clear_drafts(sweep->folder);
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
        status = status == SYNRL_OK ? tick(sweep, &(struct job_counts){.n = 0}) : status;
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
            SYNRL_TRY(name_files(sweep, cell));
            remove_files(sweep); /* which a kill may have left */
            tally.n_kept++;
            SYNRL_TRY(show_first(sweep, cell));
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

/* A cell with its result or error; NULL: no memory. */
static json_t *gather_cell(const struct sweep *sweep, const struct cell *cell) {
    json_t *result = NULL;
    if (cell->error[0] == '\0' && result_of(sweep, cell, &result) != SYNRL_OK) {
        return NULL;
    }
    const char *status = result == NULL ? (cell->error[0] != '\0' ? "failed" : "missing")
                         : sweep_has_diverged(result) ? "diverged"
                                                      : "done";
    json_t *json = json_pack("{s:O, s:s, s:s, s:o*}", "parameters", cell->parameters, "status",
                             status, "hash", cell->hash, "result", result);
    return cell->error[0] != '\0' ? json_with(json, "error", json_text_bytes(cell->error)) : json;
}

/* NULL: no memory. */
static json_t *gather(const struct sweep *sweep) {
    json_t *cells = json_array();
    for (size_t i = 0; i < sweep->n; i++) {
        cells = json_appended(cells, gather_cell(sweep, &sweep->cells[i]));
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
        json_t *gathered = gather(&sweep);
        *results = gathered != NULL ? sweep_summarise(gathered) : NULL;
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
