/* SPDX-License-Identifier: MIT */
/* Resumes a run from its newest intact checkpoint, with its files as they were then. All errors in
 * them are found before the first of them is changed. */
#include "record/recorder_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/ranks.h"
#include "base/reads.h"
#include "record/checkpoint.h"
#include "record/litter.h"
#include "record/longer.h"
#include "record/provenance.h"
#include "record/run_json.h"
#include "record/transcript.h"
#include "runs/metrics_csv.h"
#include "runs/run_files.h"
#include "runs/runs.h"

/* Checkpoints and configs of another ABI have another meaning. */
static synrl_status check_abi(struct recorder *recorder) {
    const json_t *abi = json_object_get(recorder->json, "abi");
    const json_int_t made = json_is_integer(abi) ? json_integer_value(abi) : 2;
    return made == SYNRL_ABI_MAJOR
               ? SYNRL_OK
               : core_fail(recorder->core, SYNRL_UNSUPPORTED,
                           "%s: was made with plugin ABI %d, and this synrl speaks %d: it can be "
                           "listed, shown and reported, not resumed",
                           recorder->folder, (int)made, SYNRL_ABI_MAJOR);
}

static synrl_status check_config(struct recorder *recorder, bool follows_longer) {
    struct core *core = recorder->core;
    char difference[512];
    const struct train_options *options = trainer_options(recorder->trainer);
    json_t *config = run_json_config(options);
    if (options->iterations == longer_script_iterations(recorder->json)) {
        config = json_with(config, "iterations",
                           json_integer((json_int_t)longer_iterations(recorder->json)));
    }
    char *text = config != NULL ? json_dump_whole(config, JSON_REAL_PRECISION(17)) : NULL;
    json_t *as_written = text != NULL ? json_read_text(text, strlen(text), 0, NULL) : NULL;
    synrl_status status = SYNRL_OK;
    if (as_written == NULL) {
        status = core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to compare configs",
                           recorder->folder);
    } else if (json_difference(json_object_get(recorder->json, "config"), as_written,
                               sizeof difference, difference)) {
        status = core_fail(
            core, SYNRL_INVALID, "%s: cannot resume: %s: %s", recorder->folder,
            follows_longer
                ? "a run before it was trained longer, and the script no longer makes the "
                  "recorded one"
                : "the script has changed since the run was recorded",
            difference);
    }
    json_decref(as_written);
    free(text);
    json_decref(config);
    return status;
}

/* Trains a run that has been trained longer, or is to be, to its own number of iterations. */
static synrl_status check_longer(struct recorder *recorder, uint64_t iterations) {
    const uint64_t own = longer_iterations(recorder->json);
    if (iterations > 0) {
        SYNRL_TRY(longer_check(recorder->core, recorder->folder, recorder->json, iterations));
    }
    trainer_set_iterations(recorder->trainer, own, iterations > 0 ? iterations : own);
    return SYNRL_OK;
}

/* The hash of the samples as they have been read now, and as they were. */
static bool are_same_samples(const struct recorder *recorder, const char *name,
                             struct dataset *dataset) {
    char hash[17];
    const json_t *provenance = json_object_get(recorder->json, "provenance");
    const char *recorded =
        json_string_value(json_object_get(json_object_get(provenance, "samples"), name));
    if (recorded == NULL || dataset == NULL) {
        return true; /* of an older record, or the config would differ */
    }
    snprintf(hash, sizeof hash, "%016" PRIx64, dataset_hash(dataset));
    return strcmp(hash, recorded) == 0;
}

static void add_version(const struct recorder *recorder, char changes[CHANGES_SIZE]) {
    char change[CHANGE_SIZE];
    const char *version =
        json_string_value(json_object_get(json_object_get(recorder->json, "provenance"), "synrl"));
    if (version != NULL && strcmp(version, SYNRL_VERSION) != 0) {
        snprintf(change, sizeof change, "synrl %s has become %s", version, SYNRL_VERSION);
        changes_add(changes, change);
    }
}

/* What the run depends on must be as it was, unless the user forces it: then it is recorded as it
 * is. */
static synrl_status check_changes(struct recorder *recorder, bool force) {
    struct core *core = recorder->core;
    const struct train_options *options = trainer_options(recorder->trainer);
    char *changes = recorder->changes;
    reads_forget(core);
    SYNRL_TRY(changes_of_run(core, recorder->json, true, changes));
    add_version(recorder, changes);
    if (!are_same_samples(recorder, "data", options->data)) {
        changes_add(changes, "the samples of data have changed");
    }
    if (!are_same_samples(recorder, "valid", options->valid)) {
        changes_add(changes, "the samples of valid have changed");
    }
    if (changes[0] == '\0') {
        return SYNRL_OK;
    }
    if (!force) {
        return core_fail(core, SYNRL_INVALID, CHANGES_REFUSAL, recorder->folder, changes);
    }
    core_log(core, SYNRL_LOG_WARNING, "%s: resumed although %s", recorder->folder, changes);
    return provenance_renew(core, options, json_object_get(recorder->json, "provenance"));
}

/* Rows are appended to the file, so its columns must be the metrics of any run, those that the rule
 * reports now, and then the script's. */
static synrl_status take_columns(const struct recorder *recorder,
                                 const struct metrics_table *table) {
    const struct metric_names *recorded = &table->own;
    const struct metric_names *rule = trainer_metric_names(recorder->trainer);
    bool are_same = table->is_as_written && rule->n <= recorded->n;
    for (size_t i = 0; are_same && i < rule->n; i++) {
        are_same = strcmp(rule->names[i], recorded->names[i]) == 0;
    }
    if (!are_same) {
        return core_fail(
            recorder->core, SYNRL_INVALID,
            "%s/metrics.csv: its columns are not those of this synrl, followed by the metrics "
            "that the rule reports now",
            recorder->folder);
    }
    const synrl_status status =
        trainer_set_columns(recorder->trainer, recorded->n - rule->n, recorded->names + rule->n);
    return status == SYNRL_OK ? status : core_fail_in(recorder->core, status, recorder->folder);
}

/* What was recorded up to the checkpoint: nothing where the script was interrupted in its first
 * call. */
static synrl_status replay_metrics(struct recorder *recorder, const struct checkpoint *checkpoint) {
    struct metrics_table *table;
    recorder->has_heading = checkpoint->metrics_size > 0;
    if (!recorder->has_heading) {
        trainer_set_recorded(recorder->trainer, false);
        return SYNRL_OK;
    }
    SYNRL_TRY(metrics_csv_read(recorder->core, recorder->folder, checkpoint->iteration, &table));
    synrl_status status = take_columns(recorder, table);
    for (size_t i = 0; status == SYNRL_OK && i < table->n; i++) {
        status = trainer_replay_metrics(recorder->trainer, &table->rows[i]);
    }
    trainer_set_recorded(recorder->trainer, table->n > 0 && table->rows[table->n - 1].iteration ==
                                                                checkpoint->iteration);
    metrics_table_free(recorder->core, table);
    return status;
}

/* Whether the first `size` bytes of a file are whole lines; the rest will be cut off. */
static bool are_lines(const char *path, uint64_t size) {
    char last = '\0';
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const bool are = file >= 0 && pread(file, &last, 1, (off_t)(size - 1)) == 1 && last == '\n';
    if (file >= 0) {
        close(file);
    }
    return are;
}

static synrl_status check_losses(struct recorder *recorder, uint64_t iteration) {
    double *losses;
    SYNRL_TRY(record_losses(recorder->core, recorder->folder, iteration, &losses));
    core_free(recorder->core, losses);
    return SYNRL_OK;
}

/* Everything that could fail of a damaged file comes before the first change to a file. */
static synrl_status check_checkpoint(struct recorder *recorder, uint64_t iteration,
                                     struct checkpoint *checkpoint) {
    struct trainer *trainer = recorder->trainer;
    char *path = recorder_path(recorder, "metrics.csv");
    struct stat found;
    synrl_status status = SYNRL_NO_MEMORY;
    if (path != NULL) {
        status = checkpoint_read(recorder->core, recorder->folder, iteration,
                                 trainer_state_size(trainer), checkpoint);
    }
    if (status == SYNRL_OK &&
        (stat(path, &found) != 0 || (uint64_t)found.st_size < checkpoint->metrics_size)) {
        status = core_fail(recorder->core, SYNRL_INVALID,
                           "%s: is shorter than at iteration %" PRIu64, path, iteration);
    }
    if (status == SYNRL_OK && checkpoint->metrics_size > 0 &&
        !are_lines(path, checkpoint->metrics_size)) {
        status = core_fail(recorder->core, SYNRL_INVALID,
                           "%s: has no line end where it had one at iteration %" PRIu64, path,
                           iteration);
    }
    if (status == SYNRL_OK && trainer_records_losses(trainer)) {
        status = check_losses(recorder, iteration);
    }
    uint8_t *bits = NULL;
    if (status == SYNRL_OK && checkpoint->n_rewards > 0) {
        status = record_rewards(recorder->core, recorder->folder, checkpoint->n_rewards, &bits);
    }
    core_free(recorder->core, bits);
    core_free(recorder->core, path);
    return status;
}

/* The newest intact checkpoint; without a state where there is none. */
static synrl_status find_checkpoint(struct recorder *recorder, struct checkpoint *checkpoint) {
    struct core *core = recorder->core;
    uint64_t *iterations;
    size_t n;
    SYNRL_TRY(checkpoint_list(core, recorder->folder, &iterations, &n));
    synrl_status status = SYNRL_OK;
    bool found = false;
    for (size_t i = 0; status != SYNRL_NO_MEMORY && !found && i < n; i++) {
        status = check_checkpoint(recorder, iterations[i], checkpoint);
        found = status == SYNRL_OK;
        if (!found) {
            core_free(core, checkpoint->state);
            *checkpoint = (struct checkpoint){.iteration = 0};
            core_log(core, SYNRL_LOG_WARNING, "%s; %s", core->message,
                     i + 1 < n ? "trying the previous one" : "starting again");
        }
    }
    core_free(core, iterations);
    return status == SYNRL_NO_MEMORY ? status : SYNRL_OK;
}

static bool was_complete(const struct recorder *recorder) {
    const char *status = json_string_value(json_object_get(recorder->json, "status"));
    return status != NULL && run_is_complete(status);
}

static synrl_status go_on(struct recorder *recorder, const struct checkpoint *checkpoint) {
    /* A state with a valid checksum that the plugins refuse is from other plugins: an older one
     * would not help. */
    const synrl_status loaded =
        trainer_load(recorder->trainer, checkpoint->state, checkpoint->state_size);
    if (loaded != SYNRL_OK) {
        return core_fail_in(recorder->core, loaded, recorder->folder);
    }
    SYNRL_TRY(replay_metrics(recorder, checkpoint));
    recorder->is_complete = trainer_has_ended(recorder->trainer) && was_complete(recorder);
    return SYNRL_OK;
}

/* Its files as they were then. */
static synrl_status cut_files(struct recorder *recorder, const struct checkpoint *checkpoint) {
    if (checkpoint->state == NULL) {
        return recorder_start_metrics(recorder);
    }
    SYNRL_TRY(recorder_open_metrics(recorder, checkpoint->metrics_size));
    return transcript_reopen(recorder, checkpoint->iteration, checkpoint->n_rewards);
}

/* From the checkpoint, or without one from the start, but not where that would undo a run that had
 * ended. */
static synrl_status go_on_or_restart(struct recorder *recorder, const struct checkpoint *checkpoint,
                                     bool is_longer) {
    if (checkpoint->state != NULL) {
        return go_on(recorder, checkpoint);
    }
    return is_longer && was_complete(recorder)
               ? core_fail(recorder->core, SYNRL_INVALID,
                           "%s: cannot be trained longer: it has no intact checkpoint of its end%s",
                           recorder->folder,
                           trainer_can_resume(recorder->trainer)
                               ? ""
                               : ", since its rule does not say what it remembers")
               : SYNRL_OK;
}

static synrl_status record_resumption(struct recorder *recorder, uint64_t iteration,
                                      uint64_t iterations) {
    const uint64_t before = longer_script_iterations(recorder->json);
    if ((iterations > 0 && !longer_set(recorder->json, iterations)) ||
        !run_json_resume(recorder->json, iteration, iterations, recorder->changes)) {
        return core_fail(recorder->core, SYNRL_NO_MEMORY, "%s: not enough memory for run.json",
                         recorder->folder);
    }
    if (iterations > 0) {
        core_log(recorder->core, SYNRL_LOG_INFO,
                 "%s: from iteration %" PRIu64 " to %" PRIu64
                 "; all else is as the script makes it for %" PRIu64 ", schedules too",
                 recorder->folder, iteration, iterations, before);
    }
    return recorder_write_json(recorder);
}

static synrl_status lock(struct recorder *recorder) {
    SYNRL_TRY(recorder_lock(recorder));
    if (recorder->is_locked) {
        litter_clear_run(recorder->core, recorder->folder);
    }
    return SYNRL_OK;
}

/* Brings the trainer to the newest intact checkpoint; changes nothing in the folder. */
static synrl_status take_up(struct recorder *recorder, const struct recorder_options *options,
                            struct checkpoint *checkpoint) {
    SYNRL_TRY(record_read(recorder->core, recorder->folder, &recorder->json));
    SYNRL_TRY(check_abi(recorder));
    SYNRL_TRY(check_config(recorder, options->follows_longer));
    SYNRL_TRY(check_longer(recorder, options->iterations));
    SYNRL_TRY(check_changes(recorder, options->force_changed));
    SYNRL_TRY(find_checkpoint(recorder, checkpoint));
    return go_on_or_restart(recorder, checkpoint, options->iterations > 0);
}

static synrl_status change(struct recorder *recorder, const struct recorder_options *options,
                           const struct checkpoint *checkpoint) {
    SYNRL_TRY(cut_files(recorder, checkpoint));
    return record_resumption(recorder, checkpoint->iteration, options->iterations);
}

synrl_status recorder_resume(struct recorder *recorder, const struct recorder_options *options) {
    struct core *core = recorder->core;
    struct checkpoint checkpoint = {.iteration = 0};
    recorder->folder = core_strdup(core, options->resume);
    if (recorder->folder == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const synrl_status locked = ranks_is_first(core) ? lock(recorder) : SYNRL_OK;
    SYNRL_TRY(ranks_agree(core, locked));
    /* All ranks have read the folder before the first of them changes it. */
    synrl_status status = ranks_agree(core, take_up(recorder, options, &checkpoint));
    if (status == SYNRL_OK && !recorder->is_complete) {
        ranks_alone(core, true);
        const synrl_status changed =
            ranks_is_first(core) ? change(recorder, options, &checkpoint) : SYNRL_OK;
        ranks_alone(core, false);
        status = ranks_agree(core, changed);
    }
    core_free(core, checkpoint.state);
    return status;
}
