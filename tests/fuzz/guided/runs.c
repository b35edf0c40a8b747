/* SPDX-License-Identifier: MIT */
/* The files of a run's folder, each beside sound ones of the others, and those of a sweep. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/json.h"
#include "fuzz/guided/frame.h"
#include "fuzz/guided/small.h"
#include "fuzz/replaying.h"
#include "record/checkpoint.h"
#include "report/report.h"
#include "runs/metrics_csv.h"
#include "runs/replay.h"
#include "runs/run_files.h"
#include "runs/runs.h"
#include "sweep/sweep.h"
#include "sweep/sweep_record.h"

enum { ITERATIONS = 21 };

static void write_text(struct frame *frame, const char *name, const char *text) {
    frame_write(frame, name, text, strlen(text));
}

/* run.json: everything that only looks, and the replay ----------------------------------------- */

static void prepare_run(struct frame *frame) {
    static const double losses[2 * 64] = {1.5, 1.25, 1.25};
    frame_make_folder(frame, "a");
    write_text(frame, "a/metrics.csv",
               "iteration,loss,accuracy,valid_loss,valid_accuracy,reward,reward_ratio,alpha,"
               "zero_fraction,lookups,seconds\n0,1.5,nan,nan,nan,0,0,0.1,0.25,0,0\n");
    write_text(frame, "a/rewards.bin", "abcdefgh");
    frame_write(frame, "a/losses.bin", losses, sizeof losses);
    write_text(frame, "a/policy.csv",
               "r_t1,a_t1,q_dec,q_null,q_inc\n-1,-1,0.5,0,-1e-3\n1,0,1,2,3\n");
    write_text(frame, "a/confusion.csv", ",a,b\na,3,1\nb,0,2\n");
}

static void check_report(struct frame *frame, const char *folder) {
    char *text;
    if (report_data(frame->core, 1, &folder, "title", "", &text) != SYNRL_OK) {
        frame_fail("no report: %s", frame->core->message);
    }
    json_t *data = json_loads(text, 0, NULL);
    if (json_array_size(json_object_get(data, "runs")) != 1) {
        frame_fail("a report without its run");
    }
    json_decref(data);
    core_free(frame->core, text);
}

/* What is shown of a replay beside its steps. */
static void look_around(const struct replay *replay) {
    const size_t n = replay_layout(replay)->n_synapses;
    double epsilon = 0;
    const synrl_policy *policy = replay_policy(replay);
    if (replay_next(replay) > 0 && replay_last(replay).reward * replay_last(replay).reward > 1) {
        frame_fail("a reward of %d", replay_last(replay).reward);
    }
    if (policy != NULL && (replay_ties(replay) < 0 || policy->n_situations == 0)) {
        frame_fail("a policy that is none");
    }
    if (replay_epsilon(replay, &epsilon) && !isfinite(epsilon)) {
        frame_fail("epsilon is %g", epsilon);
    }
    if (n > 0) {
        (void)replay_word(replay, n - 1);
    }
    if (!json_is_object(replay_record(replay))) {
        frame_fail("a record that is none");
    }
}

/* A config may ask for any network: that there is no memory for it is an answer too. */
static void replay_all(struct frame *frame, const char *folder) {
    struct replay *replay;
    char problem[100] = "";
    synrl_status status = replay_open(frame->core, folder, REPLAY_FORCE_CHANGED, &replay);
    frame_expect_refusal(frame, status == SYNRL_NO_MEMORY ? SYNRL_OK : status);
    if (status != SYNRL_OK) {
        return;
    }
    status = step_through(frame->core, replay, problem, sizeof problem);
    if (problem[0] != '\0') {
        frame_fail("%s", problem);
    }
    if (status == SYNRL_OK) {
        look_around(replay);
    }
    if (status != SYNRL_OK && status != SYNRL_NO_MEMORY &&
        strstr(frame->core->message, "rule \"") == NULL &&
        strstr(frame->core->message, folder) == NULL) {
        frame_fail("neither the rule nor the run is named: \"%s\"", frame->core->message);
    }
    replay_close(replay);
}

static void read_record(struct frame *frame, const uint8_t *bytes, size_t n) {
    const char *folder = frame_path(frame, "a");
    json_t *json;
    char difference[64];
    frame_write(frame, "a/run.json", bytes, n);
    if (n % 2 == 0) { /* every other, since it takes as long as all the rest */
        check_report(frame, folder);
    }
    synrl_status status = record_read(frame->core, folder, &json);
    frame_expect_refusal(frame, status);
    if (status == SYNRL_OK) {
        json_difference(json_object_get(json, "config"), json, sizeof difference, difference);
        json_decref(json);
    }
    if (run_siblings(frame->core, frame->folder, "a", &json) != SYNRL_OK) {
        frame_fail("no siblings: %s", frame->core->message);
    }
    json_decref(json);
    replay_all(frame, folder);
}

/* metrics.csv, rewards.bin, losses.bin --------------------------------------------------------- */

static void write_metrics(const char *path, const struct metrics_table *table) {
    FILE *file = fopen(path, "wbe");
    if (file == NULL) {
        frame_fail("%s cannot be written", path);
    }
    metrics_csv_write_heading(file, &table->own);
    for (size_t i = 0; i < table->n; i++) {
        metrics_csv_write_row(file, &table->own, &table->rows[i]);
    }
    fclose(file);
}

static bool is_same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* What was read can be written, and is read again as the same. */
static void check_written(struct frame *frame, const struct metrics_table *table) {
    struct metrics_table *again;
    write_metrics(frame_path(frame, "again/metrics.csv"), table);
    if (metrics_csv_read(frame->core, frame_path(frame, "again"), UINT64_MAX, &again) != SYNRL_OK) {
        frame_fail("written, it is refused: %s", frame->core->message);
    }
    for (size_t i = 0; i < table->n && i < again->n; i++) {
        for (size_t c = 0; c < metric_count(&table->own); c++) {
            const double is = metric_value(&again->rows[i], c);
            if (again->n != table->n || !is_same(is, metric_value(&table->rows[i], c))) {
                frame_fail("row %zu, metric %zu: written, it is %g", i, c, is);
            }
        }
    }
    metrics_table_free(frame->core, again);
}

static void prepare_metrics(struct frame *frame) {
    frame_make_folder(frame, "again");
}

static void read_metrics(struct frame *frame, const uint8_t *bytes, size_t n) {
    struct metrics_table *table;
    struct metrics last;
    const uint64_t until = n % 8 == 0 ? n / 8 : UINT64_MAX;
    frame_write(frame, "metrics.csv", bytes, n);
    const synrl_status status = metrics_csv_read(frame->core, frame->folder, until, &table);
    frame_expect_refusal(frame, status);
    for (size_t i = 1; status == SYNRL_OK && i < table->n; i++) {
        if (table->rows[i].iteration < table->rows[i - 1].iteration) {
            frame_fail("row %zu is before the one above it", i);
        }
    }
    if (status == SYNRL_OK && until == UINT64_MAX) {
        check_written(frame, table);
    }
    metrics_table_free(frame->core, status == SYNRL_OK ? table : NULL);
    frame_expect_refusal(frame, metrics_csv_read_last(frame->core, frame->folder, &last));
}

/* As many bits as the first two bytes say. */
static void read_rewards(struct frame *frame, const uint8_t *bytes, size_t n) {
    struct input input = {bytes, bytes + n};
    const uint64_t n_bits = input_byte(&input) + 256U * (input_byte(&input) % 8);
    uint8_t *bits;
    frame_write(frame, "rewards.bin", input.at, input_size(&input));
    const synrl_status status = record_rewards(frame->core, frame->folder, n_bits, &bits);
    frame_expect_refusal(frame, status);
    if ((status == SYNRL_OK) != (n_bits <= 8 * input_size(&input))) {
        frame_fail("%llu bits of %zu bytes", (unsigned long long)n_bits, input_size(&input));
    }
    for (uint64_t t = 0; status == SYNRL_OK && t < n_bits; t++) {
        if (bits[t] != (input.at[t / 8] >> t % 8 & 1)) {
            frame_fail("bit %llu is %d", (unsigned long long)t, bits[t]);
        }
    }
    core_free(frame->core, status == SYNRL_OK ? bits : NULL);
}

static void read_losses(struct frame *frame, const uint8_t *bytes, size_t n) {
    struct input input = {bytes, bytes + n};
    const uint64_t n_iterations = input_byte(&input);
    double *losses;
    frame_write(frame, "losses.bin", input.at, input_size(&input));
    const synrl_status status = record_losses(frame->core, frame->folder, n_iterations, &losses);
    frame_expect_refusal(frame, status);
    if (status == SYNRL_OK && memcmp(losses, input.at, n_iterations * 2 * sizeof *losses) != 0) {
        frame_fail("other losses than those in the file");
    }
    core_free(frame->core, status == SYNRL_OK ? losses : NULL);
}

/* Checkpoints: the header's sums are put right for one input in two; what loads is run on -------
 */

enum { STATE_SIZE = 32, CHECKSUM = 40, STATE = 48 };

static void mend_sums(uint8_t *bytes, size_t n) {
    const uint64_t size = n - STATE;
    memcpy(bytes + STATE_SIZE, &size, sizeof size);
    const uint64_t sum = XXH3_64bits_withSeed(bytes + STATE, size, XXH3_64bits(bytes, CHECKSUM));
    memcpy(bytes + CHECKSUM, &sum, sizeof sum);
}

static struct small small; /* each load replaces all of its state */

static void prepare_checkpoint(struct frame *frame) {
    static const char *const others[] = {"checkpoint-.bin", "checkpoint-1x.bin", "checkpoint-1.bim",
                                         "checkpoint-99999999999999999999.bin", "point-1.bin"};
    small_open(frame->core, &small);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        write_text(frame, others[i], "");
    }
}

/* What was read is written as another iteration's, and is the only one then. */
static void check_kept(struct frame *frame, const struct checkpoint *read) {
    struct checkpoint written = *read, again = {.iteration = 0};
    uint64_t *iterations;
    size_t n;
    written.iteration = 21;
    if (checkpoint_write(frame->core, frame->folder, 1, &written) != SYNRL_OK ||
        checkpoint_list(frame->core, frame->folder, &iterations, &n) != SYNRL_OK ||
        checkpoint_read(frame->core, frame->folder, 21, read->state_size, &again) != SYNRL_OK) {
        frame_fail("not written: %s", frame->core->message);
    }
    if (n != 1 || iterations[0] != 21 || again.n_rewards != read->n_rewards ||
        memcmp(again.state, read->state, read->state_size) != 0) {
        frame_fail("written, it is another, of %zu", n);
    }
    core_free(frame->core, again.state);
    core_free(frame->core, iterations);
}

static void clear_checkpoint(struct frame *frame) {
    (void)frame;
    small_close(&small);
}

static void load_checkpoint(struct frame *frame, struct trainer *trainer) {
    struct checkpoint checkpoint = {.iteration = 0};
    synrl_status status =
        checkpoint_read(frame->core, frame->folder, 20, trainer_state_size(trainer), &checkpoint);
    frame_expect_refusal(frame, status);
    if (status == SYNRL_OK &&
        trainer_load(trainer, checkpoint.state, checkpoint.state_size) == SYNRL_OK) {
        trainer_run(trainer, 0, NULL);
        check_kept(frame, &checkpoint);
    }
    core_free(frame->core, checkpoint.state);
}

static void read_checkpoint(struct frame *frame, const uint8_t *bytes, size_t n) {
    static uint8_t file[1 << 16];
    struct input input = {bytes, bytes + (n < sizeof file ? n : sizeof file)};
    const uint8_t c = input_byte(&input);
    const size_t size = input_size(&input);
    memcpy(file, input.at, size);
    if (c % 2 == 0 && size >= STATE) {
        mend_sums(file, size);
    }
    frame_write(frame, "checkpoint-000000000020.bin", file, size);
    load_checkpoint(frame, small.trainer);
}

/* Sweeps --------------------------------------------------------------------------------------- */

static void prepare_sweep(struct frame *frame) {
    frame_make_folder(frame, "a");
    write_text(frame, "a/run.json",
               "{\"status\": \"done\", \"call\":"
               " {\"cell\": \"0123456789abcdef\", \"id\": \"1\", \"ordinal\": 1}}");
    frame_make_folder(frame, "b");
    write_text(frame, "b/run.json", "{\"status\": \"running\"}");
}

/* What is written of the same cells has the same runs. */
static void check_rewritten(struct frame *frame, const uint8_t *bytes, size_t n, size_t n_runs) {
    json_t *folders = NULL, *sweep = json_loadb((const char *)bytes, n, 0, NULL);
    const char *runs = frame_path(frame, "a");
    if (sweep == NULL || sweep_record_write(frame->core, runs, sweep) != SYNRL_OK) {
        json_decref(sweep);
        return;
    }
    const char *path = json_string_value(json_object_get(sweep, "file"));
    if (sweep_record_runs(frame->core, path, &folders) != SYNRL_OK ||
        json_array_size(folders) > n_runs) {
        frame_fail("written, it is another: %s", frame->core->message);
    }
    remove(path);
    json_decref(folders);
    json_decref(sweep);
}

static void read_sweep(struct frame *frame, const uint8_t *bytes, size_t n) {
    json_t *folders = NULL;
    const char *path = frame_write(frame, "sweep-00000001.json", bytes, n);
    const synrl_status status = sweep_record_runs(frame->core, path, &folders);
    frame_expect_refusal(frame, status);
    if (status == SYNRL_OK && n % 4 == 0) {
        check_rewritten(frame, bytes, n, json_array_size(folders));
    }
    json_decref(folders);
}

/* .cells: the kept result of a sweep's one cell, under the hash that the sweep names ------------ */

static json_t *collect(struct frame *frame) {
    const struct sweep_options options = {.runs = frame->folder,
                                          .record = true,
                                          .script = frame_path(frame, "s.lua"),
                                          .jobs = 1,
                                          .threads = 1,
                                          .shard = 1,
                                          .n_shards = 1,
                                          .collect_only = true};
    json_t *results = NULL, *cells = json_pack("[{s:i}]", "n", 1);
    if (sweep_run(frame->core, &options, cells, &results) != SYNRL_OK) {
        frame_fail("no sweep: %s", frame->core->message);
    }
    json_decref(cells);
    return results;
}

static char cell_file[64];

static void prepare_cells(struct frame *frame) {
    write_text(frame, "s.lua", "return 1\n");
    frame_make_folder(frame, ".cells");
    json_t *results = collect(frame);
    const json_t *cell = json_array_get(json_object_get(results, "cells"), 0);
    snprintf(cell_file, sizeof cell_file, ".cells/%s.json",
             json_string_value(json_object_get(cell, "hash")));
    json_decref(results);
}

static void read_cells(struct frame *frame, const uint8_t *bytes, size_t n) {
    frame_write(frame, cell_file, bytes, n);
    json_t *results = collect(frame);
    char *text = json_text(results, 0);
    json_t *again = text != NULL ? json_loads(text, 0, NULL) : NULL;
    if (json_array_size(json_object_get(results, "cells")) != 1 || again == NULL) {
        frame_fail("not the results of one cell: %s", text != NULL ? text : "no text");
    }
    json_decref(again);
    free(text);
    json_decref(results);
}

/* The table ------------------------------------------------------------------------------------ */

const struct harness run_harnesses[] = {
    {"record", 64, prepare_run, NULL, read_record},
    {"metrics", 16, prepare_metrics, NULL, read_metrics},
    {"rewards", 4, NULL, NULL, read_rewards},
    {"losses", 4, NULL, NULL, read_losses},
    {"checkpoint", 16, prepare_checkpoint, clear_checkpoint, read_checkpoint},
    {"sweep", 4, prepare_sweep, NULL, read_sweep},
    {"cells", 16, prepare_cells, NULL, read_cells},
    {.name = NULL},
};
