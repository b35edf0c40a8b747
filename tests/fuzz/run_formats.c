/* SPDX-License-Identifier: MIT */
/* The folder of a run, as those who read it do: record, replay, resume, index, report. It is that
 * of a run that was interrupted at iteration 21 and has a checkpoint of iteration 20. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "fuzz/replaying.h"
#include "record/recorder.h"
#include "report/report.h"
#include "runs/index.h"
#include "runs/metrics_csv.h"
#include "runs/replay.h"
#include "runs/run_files.h"
#include "runs/runs.h"
#include "support/small_run.h"
#include "sweep/sweep_record.h"

enum { INTERRUPTED_AT = 21 };

/* The parts ------------------------------------------------------------------------------------ */

static synrl_status interrupt(void *context, const struct metrics *metrics) {
    return metrics->iteration == INTERRUPTED_AT
               ? core_fail(context, SYNRL_STOPPED, "the test interrupts it")
               : SYNRL_OK;
}

static void open_run(struct core *core, struct train_options *options) {
    small_run_open(core, options);
    options->batch_size = 40;
    options->batch_every = 7;
    options->checkpoint_every = 10;
    options->checkpoint_keep = 1;
}

/* Runs the trainer to its end; the recorder is freed. */
static synrl_status carry_out(struct core *core, struct trainer *trainer, struct recorder *recorder,
                              bool to_the_end) {
    const struct observer observers[] = {recorder_observer(recorder),
                                         {.context = core, .record = interrupt}};
    const synrl_status outcome = trainer_run(trainer, to_the_end ? 1 : 2, observers);
    const synrl_status status = recorder_finish(recorder, outcome);
    recorder_destroy(recorder);
    return status;
}

static void read_part(const char *folder, const char *name, struct bytes *part) {
    char path[600];
    size_t n;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *bytes = scratch_read(path, &n);
    bytes_add(part, bytes, n);
    free(bytes);
}

/* Without what is not the same each time, so that a case can be repeated. */
static void read_record(const char *folder, struct bytes *part) {
    json_t *json;
    struct bytes whole = {.n = 0};
    read_part(folder, "run.json", &whole);
    json = json_loadb((const char *)whole.at, whole.n, 0, NULL);
    ck_assert_ptr_nonnull(json);
    json_object_del(json, "provenance");
    json_object_set_new(json, "process",
                        json_pack("{s:i, s:i, s:s}", "pid", 1, "start", 1, "boot", "x"));
    json_object_set_new(json, "started", json_string("2026-01-31T23:59:59Z"));
    json_object_set_new(json_object_get(json, "summary"), "seconds", json_real(0.5));
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    ck_assert_ptr_nonnull(text);
    bytes_add(part, text, strlen(text));
    free(text);
    json_decref(json);
}

#define CHECKPOINT "checkpoint-000000000020.bin"
enum { RECORD, METRICS, REWARDS, LAST, N_PARTS = 5 };

static void make_run(struct fuzz *fuzz, struct bytes *parts, const char *last, const char *other) {
    struct core *core = fuzz->loader.core;
    static const char *const overrides[] = {"epsilon=0.5"};
    const struct invocation call = {.id = "a",
                                    .ordinal = 1,
                                    .n_overrides = 1,
                                    .overrides = overrides,
                                    .cell = "0123456789abcdef"};
    const struct recorder_options where = {.folder = fuzz->folder.folder, .invocation = &call};
    struct train_options options;
    struct trainer *trainer;
    struct recorder *recorder;
    char folder[512];
    open_run(core, &options);
    ck_assert_int_eq(trainer_create(core, &options, &trainer), SYNRL_OK);
    ck_assert_int_eq(recorder_create(core, trainer, &where, &recorder), SYNRL_OK);
    snprintf(folder, sizeof folder, "%s", recorder_folder(recorder));
    ck_assert_int_eq(carry_out(core, trainer, recorder, false), SYNRL_OK);
    trainer_destroy(trainer);
    small_run_close(&options);
    read_record(folder, &parts[RECORD]);
    read_part(folder, "metrics.csv", &parts[METRICS]);
    read_part(folder, "rewards.bin", &parts[REWARDS]);
    read_part(folder, last, &parts[LAST]);
    if (other != NULL) {
        bytes_add(&parts[LAST + 1], other, strlen(other));
    }
}

/* Record: everything that only looks ----------------------------------------------------------- */

static void make_record(struct fuzz *fuzz, struct bytes *parts) {
    make_run(fuzz, parts, "policy.csv", ",a,b\na,3,1\nb,0,2\n");
}

static void check_report(struct fuzz *fuzz, const char *folder) {
    char *text;
    if (report_data(fuzz->loader.core, 1, &folder, "title", "", &text) != SYNRL_OK) {
        FUZZ_PROBLEM(fuzz, "no report: %s", fuzz->loader.core->message);
        return;
    }
    json_t *data = json_loads(text, 0, NULL);
    if (json_array_size(json_object_get(data, "runs")) != 1) {
        FUZZ_PROBLEM(fuzz, "a report without its run");
    }
    json_decref(data);
    core_free(fuzz->loader.core, text);
}

static synrl_status look_at_metrics(struct fuzz *fuzz, const char *folder) {
    struct metrics_table *table;
    SYNRL_TRY(metrics_csv_read(fuzz->loader.core, folder, UINT64_MAX, &table));
    double sum = 0;
    for (size_t i = 0; i < table->n; i++) {
        for (size_t c = 0; c < metric_count(&table->own); c++) {
            sum += metric_value(&table->rows[i], c) + (double)metric_name(&table->own, c)[0];
        }
    }
    metrics_table_free(fuzz->loader.core, table);
    (void)sum;
    return SYNRL_OK;
}

static synrl_status load_record(struct fuzz *fuzz) {
    struct core *core = fuzz->loader.core;
    const char *folder = fuzz->folder.folder;
    char difference[64];
    json_t *json, *siblings;
    uint8_t *bits;
    check_report(fuzz, folder);
    if (run_siblings(core, fuzz->loader.scratch.folder, "a", &siblings) != SYNRL_OK) {
        FUZZ_PROBLEM(fuzz, "no siblings: %s", core->message);
    }
    json_decref(siblings);
    SYNRL_TRY(record_read(core, folder, &json));
    const json_t *config = json_object_get(json, "config");
    json_difference(config, json, sizeof difference, difference);
    json_difference(json_object_get(config, "rule"), json_object_get(config, "model"),
                    sizeof difference, difference);
    json_decref(json);
    SYNRL_TRY(look_at_metrics(fuzz, folder));
    SYNRL_TRY(record_rewards(core, folder, INTERRUPTED_AT, &bits));
    core_free(core, bits);
    return SYNRL_OK;
}

/* Replay --------------------------------------------------------------------------------------- */

/* A config may ask for any network: that there is no memory for it is an answer too. */
static synrl_status load_replay(struct fuzz *fuzz) {
    struct replay *replay;
    synrl_status status =
        replay_open(fuzz->loader.core, fuzz->folder.folder, REPLAY_FORCE_CHANGED, &replay);
    if (status == SYNRL_OK) {
        status = step_through(fuzz->loader.core, replay, fuzz->problem, sizeof fuzz->problem);
        replay_close(replay);
    }
    return status == SYNRL_NO_MEMORY ? SYNRL_INVALID : status;
}

/* Resume --------------------------------------------------------------------------------------- */

static void make_resume(struct fuzz *fuzz, struct bytes *parts) {
    make_run(fuzz, parts, CHECKPOINT, NULL);
}

/* A checkpoint's sums are made right, mostly: magic[8], iteration, metrics_size, n_rewards,
 * state_size, checksum, and the state. */
static void pack_checkpoint(struct dice *dice, const struct bytes *parts, size_t f,
                            struct bytes *file) {
    enum { STATE_SIZE = 32, CHECKSUM = 40, STATE = 48 };
    *file = parts[f];
    if (f != LAST || file->n < STATE || dice_below(dice, 8) == 0) {
        return;
    }
    const uint64_t size = file->n - STATE;
    memcpy(file->at + STATE_SIZE, &size, sizeof size);
    const uint64_t sum =
        XXH3_64bits_withSeed(file->at + STATE, size, XXH3_64bits(file->at, CHECKSUM));
    memcpy(file->at + CHECKSUM, &sum, sizeof sum);
}

static bool has_metrics(struct core *core, const char *folder) {
    struct metrics_table *table;
    const bool has = metrics_csv_read(core, folder, UINT64_MAX, &table) == SYNRL_OK;
    metrics_table_free(core, table);
    return has;
}

static synrl_status go_on(struct fuzz *fuzz, struct trainer *trainer) {
    struct core *core = fuzz->loader.core;
    const char *folder = fuzz->folder.folder;
    const struct recorder_options where = {.folder = folder, .resume = folder};
    const bool had_metrics = has_metrics(core, folder);
    struct recorder *recorder;
    SYNRL_TRY(recorder_create(core, trainer, &where, &recorder));
    SYNRL_TRY(carry_out(core, trainer, recorder, true));
    if (had_metrics && !has_metrics(core, folder)) {
        FUZZ_PROBLEM(fuzz, "it went on, and: %s", core->message);
    }
    return SYNRL_OK;
}

static synrl_status load_resume(struct fuzz *fuzz) {
    struct core *core = fuzz->loader.core;
    struct train_options options;
    struct trainer *trainer;
    open_run(core, &options);
    synrl_status status = trainer_create(core, &options, &trainer);
    if (status == SYNRL_OK) {
        status = go_on(fuzz, trainer);
    }
    trainer_destroy(trainer);
    small_run_close(&options);
    return status;
}

/* Index: the record, and the data base itself -------------------------------------------------- */

static synrl_status load_index(struct fuzz *fuzz) {
    static const struct index_where where = {"rule.parameters.epsilon", "0.25"};
    const struct index_query queries[] = {
        {.with_config = true}, {.sort = "loss", .limit = 1}, {.n_where = 1, .where = &where}};
    struct index *index;
    struct index_report report;
    SYNRL_TRY(index_open(fuzz->loader.core, fuzz->folder.folder, false, &index));
    synrl_status status = index_refresh(index, &report);
    for (size_t q = 0; status == SYNRL_OK && q < 3; q++) {
        json_t *rows;
        status = index_select(index, &queries[q], &rows);
        if (status == SYNRL_OK && json_array_size(rows) > report.n_runs) {
            FUZZ_PROBLEM(fuzz, "%zu rows of %zu runs", json_array_size(rows), report.n_runs);
        }
        json_decref(status == SYNRL_OK ? rows : NULL);
    }
    index_close(index);
    if (status != SYNRL_OK) { /* whatever is damaged, it is listed or left out */
        FUZZ_PROBLEM(fuzz, "no list: %s", fuzz->loader.core->message);
    }
    return status;
}

static void make_index(struct fuzz *fuzz, struct bytes *parts) {
    struct bytes run[N_PARTS];
    memset(run, 0, sizeof run);
    make_run(fuzz, run, "policy.csv", NULL);
    parts[0] = run[RECORD];
    ck_assert_int_eq(load_index(fuzz), SYNRL_OK);
    read_part(fuzz->folder.folder, INDEX_FILE, &parts[1]);
}

/* Sweeps --------------------------------------------------------------------------------------- */

static void make_sweep(struct fuzz *fuzz, struct bytes *parts) {
    static const char sweep[] =
        "{\"cells\": [{\"hash\": \"0123456789abcdef\", \"status\": "
        "\"done\", \"result\": 1.5}], \"groups\": [], \"failed\": 0}";
    static const char run[] =
        "{\"status\": \"done\", \"call\": {\"cell\": \"0123456789abcdef\", "
        "\"ordinal\": 1}}";
    (void)fuzz;
    bytes_add(&parts[0], sweep, sizeof sweep - 1);
    bytes_add(&parts[1], run, sizeof run - 1);
}

static synrl_status load_sweep(struct fuzz *fuzz) {
    json_t *folders;
    SYNRL_TRY(sweep_record_runs(fuzz->loader.core,
                                scratch_path(&fuzz->folder, "sweep-00000001.json"), &folders));
    json_decref(folders);
    return SYNRL_OK;
}

/* The table ------------------------------------------------------------------------------------ */

#define RUN "run.json", "metrics.csv", "rewards.bin"
const struct format run_formats[N_RUN_FORMATS] = {
    {"record", 200, 16, 5, 5, {RUN, "policy.csv", "confusion.csv"}, make_record, NULL, load_record},
    {"replay", 200, 64, 3, 3, {RUN}, make_record, NULL, load_replay},
    {"resume", 100, 16, 4, 4, {RUN, CHECKPOINT}, make_resume, pack_checkpoint, load_resume},
    {"index", 30, 16, 2, 2, {"a/run.json", INDEX_FILE}, make_index, NULL, load_index},
    {"sweep", 300, 4, 2, 2, {"sweep-00000001.json", "a/run.json"}, make_sweep, NULL, load_sweep},
};
