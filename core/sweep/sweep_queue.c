/* SPDX-License-Identifier: MIT */
/* Claims cells, starts their processes and judges how they end. */
#include "sweep/sweep_queue.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "record/litter.h"
#include "sweep/cell_process.h"
#include "sweep/cell_runs.h"
#include "sweep/cell_text.h"
#include "sweep/sweep_results.h"

enum { INTERRUPTED = 75 };

/* Says once that cells are waited for. */
static void tell_busy(struct sweep *sweep, const struct cell *cell) {
    char who[256];
    const double now = clock_seconds();
    if (sweep->busy_since <= 0) {
        sweep->busy_since = now;
    }
    if (!sweep->is_told && now - sweep->busy_since > 0.5) {
        sweep->is_told = true;
        cell_describe(cell->parameters, who, sizeof who);
        core_log(sweep->core, SYNRL_LOG_WARNING,
                 "%s: another process%s%s is running this cell; waiting for it", who,
                 cell->claim.host[0] != '\0' ? " on " : "", cell->claim.host);
    }
}

/* What starts the process of the cell, which is ours. */
static synrl_status prepare_process(struct sweep *sweep, size_t number, struct job *job) {
    const struct sweep_options *options = sweep->options;
    struct cell *cell = &sweep->cells[number];
    bool is_running = false;
    struct cell_process process = {.options = options,
                                   .program = sweep->program,
                                   .threads = sweep->threads,
                                   .parameters = cell->parameters,
                                   .hash = cell->hash,
                                   .number = number + 1};
    if (cell->claim.was_started && options->record && !options->fresh && !cell->is_fresh) {
        SYNRL_TRY(
            cell_runs_find(sweep->core, options->runs, cell->hash, &process.folder, &is_running));
    }
    if (is_running) { /* a process that has outlived its sweep is saving it */
        job->state = JOB_BUSY;
        tell_busy(sweep, cell);
        return SYNRL_OK;
    }
    cell->is_resumed = process.folder != NULL;
    cell_process_words(&process, &job->words);
    core_free(sweep->core, process.folder);
    job->error =
        open(sweep->files.error, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    return job->error >= 0 ? SYNRL_OK : file_fail(sweep->core, sweep->files.error, "write");
}

/* The cell is ours. Another process may have left its result by now. */
static synrl_status prepare_job(struct sweep *sweep, size_t number, struct job *job) {
    struct cell *cell = &sweep->cells[number];
    if (!sweep->options->fresh) {
        SYNRL_TRY(sweep_check_kept(sweep, cell, 0, NULL));
    }
    if (!sweep->options->fresh && !cell->is_stale) {
        sweep_remove_files(sweep);
        cell->error[0] = '\0';
        job->state = JOB_DONE;
        return SYNRL_OK;
    }
    return prepare_process(sweep, number, job);
}

static synrl_status begin(void *context, size_t number, struct job *job) {
    struct sweep *sweep = context;
    const size_t index = sweep->queue[number];
    struct cell *cell = &sweep->cells[index];
    bool is_taken;
    SYNRL_TRY(sweep_name_files(sweep, cell));
    SYNRL_TRY(cell_claim_take(sweep->core, &sweep->files, sweep->lapse, &cell->claim, &is_taken));
    if (!is_taken) {
        job->state = JOB_BUSY;
        tell_busy(sweep, cell);
        return SYNRL_OK;
    }
    job->output = cell->claim.output;
    cell->claim.output = -1; /* the job closes it */
    cell->is_lost = false;
    const synrl_status status = prepare_job(sweep, index, job);
    if (status != SYNRL_OK || job->state != JOB_READY) {
        cell_claim_release(&sweep->files, &cell->claim);
    }
    return status;
}

/* Appends the last line that the cell wrote to stderr to its error. */
static synrl_status add_last_line(struct sweep *sweep, struct cell *cell) {
    char *text = NULL;
    size_t size = 0;
    const synrl_status status =
        file_read(sweep->core, sweep->files.error, CELL_RESULT_LIMIT, &text, &size);
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
        SYNRL_TRY(sweep_keep_result(sweep, cell, &is_kept));
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
    cell_describe(cell->parameters, who, sizeof who);
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

/* Of a cell whose process has ended with that code, and which is still ours. */
static synrl_status end_cell(struct sweep *sweep, struct cell *cell, int code, bool *again) {
    SYNRL_TRY(judge(sweep, cell, code));
    if (cell->error[0] == '\0') {
        sweep_remove_files(sweep);
        return sweep_show_first(sweep, cell);
    }
    *again = try_again(sweep, cell, code);
    sweep->n_failed += !*again;
    if (code < 128 && code != INTERRUPTED) { /* else a file says that it can be continued */
        unlink(sweep->files.output);
    }
    if (sweep->options->fail_fast && !*again) {
        char who[256];
        cell_describe(cell->parameters, who, sizeof who);
        return core_fail(sweep->core, SYNRL_INVALID, "%s failed: %s", who, cell->error);
    }
    return SYNRL_OK;
}

static synrl_status end(void *context, size_t number, int code, bool *again) {
    struct sweep *sweep = context;
    struct cell *cell = &sweep->cells[sweep->queue[number]];
    SYNRL_TRY(sweep_name_files(sweep, cell));
    *again = cell->is_lost;
    const synrl_status status = cell->is_lost ? SYNRL_OK : end_cell(sweep, cell, code, again);
    cell_claim_release(&sweep->files, &cell->claim);
    return status;
}

static bool is_lost(void *context, size_t number) {
    const struct sweep *sweep = context;
    return sweep->cells[sweep->queue[number]].is_lost;
}

/* The claims of what runs here are renewed so often that many can be missed before they lapse. */
static synrl_status renew_claims(struct sweep *sweep) {
    const double now = clock_seconds();
    if (now - sweep->renewed < sweep->lapse / 12) {
        return SYNRL_OK;
    }
    sweep->renewed = now;
    for (size_t i = 0; i < sweep->n_queued; i++) {
        struct cell *cell = &sweep->cells[sweep->queue[i]];
        char who[256];
        if (cell->claim.sign < 0 || cell->is_lost) {
            continue;
        }
        SYNRL_TRY(sweep_name_files(sweep, cell));
        cell->is_lost = !cell_claim_renew(&sweep->files, &cell->claim);
        if (cell->is_lost) {
            cell_describe(cell->parameters, who, sizeof who);
            core_log(sweep->core, SYNRL_LOG_WARNING,
                     "%s: another process has taken this cell over, since this one has given no "
                     "sign of life for %g seconds",
                     who, sweep->lapse);
        }
    }
    return SYNRL_OK;
}

synrl_status sweep_tick(struct sweep *sweep, const struct job_counts *counts) {
    const struct sweep_options *options = sweep->options;
    SYNRL_TRY(renew_claims(sweep));
    return options->tick != NULL ? options->tick(options->tick_context, counts, sweep->n_failed)
                                 : SYNRL_OK;
}

static synrl_status tick(void *context, const struct job_counts *counts) {
    return sweep_tick(context, counts);
}

synrl_status sweep_run_queue(struct sweep *sweep) {
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
                              .is_lost = is_lost,
                              .tick = tick};
    const synrl_status status = jobs_run(sweep->core, &jobs);
    for (size_t i = 0; i < sweep->n_queued; i++) { /* of those that were interrupted */
        struct cell *cell = &sweep->cells[sweep->queue[i]];
        if (cell->claim.sign >= 0 && sweep_name_files(sweep, cell) == SYNRL_OK) {
            cell_claim_release(&sweep->files, &cell->claim);
        }
    }
    return status;
}
