/* SPDX-License-Identifier: MIT */
/* What a run leaves behind: complete and true after a good run, nothing that looks finished after a
 * bad one. */
#include "record/recorder_private.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <xxhash.h>

#include "plugin/host.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "runs/metrics_csv.h"
#include "runs/run_files.h"
#include "support/scratch.h"
#include "support/small_run.h"
#include "support/support.h"
#include "support/test.h"
#include "train/evaluate.h"

static struct core *core;
static struct scratch scratch;
static struct train_options options;

static void setup(void) {
    scratch_make(&scratch);
    core = test_core();
    small_run_open(core, &options);
}

static void teardown(void) {
    small_run_close(&options);
    core_destroy(core);
    scratch_remove(&scratch);
}

SUITE("recorder", .setup = setup, .teardown = teardown);

/* What an observer beside the recorder sees, and how it ends the run. */
struct witness {
    struct metrics metrics[64];
    size_t n_metrics;
    int rewards[64];
    size_t n_rewards;
    uint64_t fail_at; /* this record fails; 0: none does */
    synrl_status failure;
};

static synrl_status witness_record(void *context, const struct metrics *metrics) {
    struct witness *witness = context;
    witness->metrics[witness->n_metrics++] = *metrics;
    if (witness->fail_at != 0 && metrics->iteration == witness->fail_at) {
        return core_fail(core, witness->failure, "the test ends it");
    }
    return SYNRL_OK;
}

static synrl_status witness_reward(void *context, uint64_t iteration, int reward) {
    struct witness *witness = context;
    ck_assert_uint_eq(iteration, witness->n_rewards);
    witness->rewards[witness->n_rewards++] = reward;
    return SYNRL_OK;
}

struct a_run {
    struct trainer *trainer;
    struct recorder *recorder;
    struct witness witness;
};

static void begin(struct a_run *run, bool pictures) {
    const struct recorder_options where = {.folder = scratch.folder, .pictures = pictures};
    *run = (struct a_run){.trainer = NULL};
    ck_assert_msg(trainer_create(core, &options, &run->trainer) == SYNRL_OK, "%s", core->message);
    ck_assert_msg(recorder_create(core, run->trainer, &where, &run->recorder) == SYNRL_OK, "%s",
                  core->message);
}

static synrl_status carry_out(struct a_run *run) {
    const struct observer observers[] = {
        recorder_observer(run->recorder),
        {.context = &run->witness, .record = witness_record, .reward = witness_reward}};
    const synrl_status outcome = trainer_run(run->trainer, 2, observers);
    return recorder_finish(run->recorder, outcome);
}

static void end(struct a_run *run) {
    recorder_destroy(run->recorder);
    trainer_destroy(run->trainer);
}

static const char *path_in(const struct a_run *run, const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", recorder_folder(run->recorder), name);
    return path;
}

static bool has(const struct a_run *run, const char *name) {
    return access(path_in(run, name), F_OK) == 0;
}

static json_t *read_json(const struct a_run *run) {
    json_error_t error;
    json_t *json = json_load_file(path_in(run, "run.json"), 0, &error);
    ck_assert_msg(json != NULL, "%s", error.text);
    return json;
}

static const char *text_at(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    return text != NULL ? text : "not a string";
}

/* The run that went well ----------------------------------------------------------------------- */

TEST(run_json_has_every_field) {
    struct a_run run;
    struct summary summary;
    char hash[17];
    begin(&run, false);
    json_t *json = read_json(&run);
    ck_assert_str_eq(text_at(json, "status"), "running");
    json_decref(json);
    ck_assert_int_eq(carry_out(&run), SYNRL_OK);
    trainer_summary(run.trainer, &summary);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)summary.weights_hash);
    json = read_json(&run);
    ck_assert_str_eq(text_at(json, "status"), "done");
    ck_assert_ptr_null(json_object_get(json, "error"));
    const json_t *config = json_object_get(json, "config");
    ck_assert_str_eq(text_at(config, "name"), "some run/1");
    ck_assert_int_eq(json_integer_value(json_object_get(config, "seed")), 7);
    const json_t *result = json_object_get(json, "summary");
    ck_assert_str_eq(text_at(result, "weights_hash"), hash);
    ck_assert(json_number_value(json_object_get(result, "loss")) == summary.last.loss);
    ck_assert(json_is_null(json_object_get(result, "valid_loss")));
    json_decref(json);
    end(&run);
}

/* Each line against what the other observer was told, to the last bit. */
TEST(metrics_are_what_was_observed) {
    struct a_run run;
    begin(&run, false);
    ck_assert_int_eq(carry_out(&run), SYNRL_OK);
    char *text = scratch_read(path_in(&run, "metrics.csv"), NULL), *line = strchr(text, '\n') + 1;
    ck_assert_mem_eq(text,
                     "iteration,loss,accuracy,reward_rate,valid_loss,valid_accuracy,alpha_s,"
                     "epsilon,sample_forwards,sample_backwards\n",
                     (size_t)(line - text));
    ck_assert_uint_eq(run.witness.n_metrics, 31);
    for (size_t i = 0; i < run.witness.n_metrics; i++, line = strchr(line, '\n') + 1) {
        const struct metrics *metrics = &run.witness.metrics[i];
        char expected[300], rate[40] = "";
        if (!isnan(metrics->reward_rate)) {
            snprintf(rate, sizeof rate, "%.17g", metrics->reward_rate);
        }
        snprintf(expected, sizeof expected, "%zu,%.17g,%.17g,%s,,,%.17g,%.17g,%zu,0\n", i,
                 metrics->loss, metrics->accuracy, rate, metrics->alpha_s, metrics->epsilon,
                 (size_t)metrics->sample_forwards);
        ck_assert_mem_eq(line, expected, strlen(expected));
    }
    ck_assert_str_eq(line, "");
    free(text);
    end(&run);
}

TEST(each_reward_is_a_bit) {
    struct a_run run;
    size_t size;
    begin(&run, false);
    ck_assert_int_eq(carry_out(&run), SYNRL_OK);
    char *bits = scratch_read(path_in(&run, "rewards.bin"), &size);
    ck_assert_uint_eq(run.witness.n_rewards, 30);
    ck_assert_uint_eq(size, 4); /* 30 bits */
    int n_rewarded = 0;
    for (size_t i = 0; i < 30; i++) {
        n_rewarded += run.witness.rewards[i] == 1;
        ck_assert_int_eq(((unsigned char)bits[i / 8] >> i % 8) & 1, run.witness.rewards[i] == 1);
    }
    ck_assert(n_rewarded > 0 && n_rewarded < 30);
    ck_assert_int_eq((unsigned char)bits[3] >> 6, 0);
    free(bits);
    end(&run);
}

/* XXH3 of the arrays in the order of the file is the run's weights_hash only if every bit is there;
 * here NumPy puts them together and the hash is taken of its bytes. */
TEST(weights_and_policy_are_the_final_ones) {
    struct a_run run;
    char command[1500];
    size_t size;
    begin(&run, false);
    ck_assert_int_eq(carry_out(&run), SYNRL_OK);
    synrl_policy *policy;
    ck_assert_int_eq(policy_load_csv(core, path_in(&run, "policy.csv"), &policy), SYNRL_OK);
    ck_assert_uint_eq(policy_hash(policy), policy_hash(trainer_policy(run.trainer)));
    policy_release(policy);
    snprintf(command, sizeof command,
             "/usr/bin/python3 -c '\n"
             "import numpy\n"
             "z = numpy.load(\"%s\")\n"
             "shapes = {k: z[k].shape for k in z.files}\n"
             "assert sorted(shapes.values()) == [(1,), (1, 4), (4,), (4, 2)], shapes\n"
             "numpy.concatenate([z[k].ravel() for k in z.files]).tofile(\"%s/flat\")\n'",
             path_in(&run, "weights.npz"), scratch.folder);
    if (scratch_has_numpy()) {
        float weights[17];
        trainer_weights(run.trainer, weights);
        ck_assert_int_eq(system(command), 0);
        char *flat = scratch_read(scratch_path(&scratch, "flat"), &size);
        ck_assert_uint_eq(size, sizeof weights);
        ck_assert_mem_eq(flat, weights, sizeof weights);
        free(flat);
    }
    end(&run);
}

/* Two runs of one name in one second, and what of the name can stand in a file's name. */
TEST(each_run_has_its_own_folder) {
    struct a_run first, second;
    begin(&first, false);
    begin(&second, false);
    ck_assert_str_ne(recorder_folder(first.recorder), recorder_folder(second.recorder));
    ck_assert_ptr_nonnull(strstr(recorder_folder(first.recorder), "-some-run-1"));
    ck_assert_int_eq(carry_out(&first), SYNRL_OK);
    ck_assert_int_eq(carry_out(&second), SYNRL_OK);
    size_t size, size_again;
    char *metrics = scratch_read(path_in(&first, "metrics.csv"), &size);
    char *again = scratch_read(path_in(&second, "metrics.csv"), &size_again);
    ck_assert_uint_eq(size, size_again);
    ck_assert_mem_eq(metrics, again, size);
    free(metrics);
    free(again);
    end(&first);
    end(&second);
}

/* The run that did not ------------------------------------------------------------------------- */

TEST(a_failed_run_leaves_nothing_that_looks_finished) {
    struct a_run run;
    begin(&run, true);
    run.witness.fail_at = 12;
    run.witness.failure = SYNRL_INVALID;
    ck_assert_int_eq(carry_out(&run), SYNRL_INVALID);
    ck_assert_str_eq(core->message, "the test ends it");
    json_t *json = read_json(&run);
    ck_assert_str_eq(text_at(json, "status"), "failed");
    ck_assert_str_eq(text_at(json, "error"), "the test ends it");
    json_decref(json);
    ck_assert(has(&run, "metrics.csv") && has(&run, "rewards.bin"));
    ck_assert_uint_eq(scratch_count(recorder_folder(run.recorder)), 3);
    end(&run);
}

TEST(a_stopped_run_is_complete_up_to_its_end) {
    struct a_run run;
    size_t size;
    begin(&run, false);
    run.witness.fail_at = 12;
    run.witness.failure = SYNRL_STOPPED;
    ck_assert_int_eq(carry_out(&run), SYNRL_OK);
    json_t *json = read_json(&run);
    ck_assert_str_eq(text_at(json, "status"), "interrupted");
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(json, "summary"), "iterations")), 12);
    json_decref(json);
    ck_assert(has(&run, "weights.npz") && has(&run, "policy.csv"));
    free(scratch_read(path_in(&run, "rewards.bin"), &size));
    ck_assert_uint_eq(size, 2); /* 12 bits */
    end(&run);
}

TEST(without_a_finish_a_run_stays_running) {
    struct a_run run;
    char path[600];
    begin(&run, false);
    snprintf(path, sizeof path, "%s", path_in(&run, "run.json"));
    end(&run);
    char *text = scratch_read(path, NULL);
    ck_assert_ptr_nonnull(strstr(text, "\"status\": \"running\""));
    free(text);
}

/* A run that is interrupted at 12 and has a checkpoint of 10; answers its folder. */
static const char *leave_a_run(void) {
    static char folder[512];
    struct a_run run;
    options.checkpoint_every = 10;
    begin(&run, false);
    run.witness.fail_at = 12;
    run.witness.failure = SYNRL_STOPPED;
    ck_assert_int_eq(carry_out(&run), SYNRL_OK);
    snprintf(folder, sizeof folder, "%s", recorder_folder(run.recorder));
    end(&run);
    return folder;
}

static synrl_status resume(struct a_run *run, const char *folder) {
    const struct recorder_options where = {.folder = scratch.folder, .resume = folder};
    *run = (struct a_run){.trainer = NULL};
    ck_assert_int_eq(trainer_create(core, &options, &run->trainer), SYNRL_OK);
    return recorder_create(core, run->trainer, &where, &run->recorder);
}

/* Its metrics were edited: cut where the checkpoint says, a line would be half of one. */
TEST(a_run_whose_metrics_were_changed_resumes_with_whole_lines) {
    const char *folder = leave_a_run();
    struct a_run run;
    struct metrics_table *table;
    char path[600];
    snprintf(path, sizeof path, "%s/metrics.csv", folder);
    char *text = scratch_read(path, NULL), *row = strchr(text, '\n') + 1;
    FILE *metrics = fopen(path, "w");
    fprintf(metrics, "%.*s0%s", (int)(row - text), text, row);
    ck_assert_int_eq(fclose(metrics), 0);
    free(text);
    ck_assert_int_eq(resume(&run, folder), SYNRL_OK);
    const struct observer observer = recorder_observer(run.recorder);
    ck_assert_int_eq(recorder_finish(run.recorder, trainer_run(run.trainer, 1, &observer)),
                     SYNRL_OK);
    ck_assert_msg(metrics_csv_read(core, folder, UINT64_MAX, &table) == SYNRL_OK, "%s",
                  core->message);
    ck_assert_uint_eq(table->n, 31);
    metrics_table_free(core, table);
    end(&run);
}

/* The state ends with the histories of the synapses; 255 is none. The checksum is made right. */
TEST(a_checkpoint_that_does_not_fit_is_reported_with_its_run) {
    enum { CHECKSUM = 40, STATE = 48 };
    const char *folder = leave_a_run();
    struct a_run run;
    char path[600];
    size_t size;
    snprintf(path, sizeof path, "%s/checkpoint-000000000010.bin", folder);
    char *bytes = scratch_read(path, &size);
    bytes[size - 1] = '\xff';
    const uint64_t sum =
        XXH3_64bits_withSeed(bytes + STATE, size - STATE, XXH3_64bits(bytes, CHECKSUM));
    memcpy(bytes + CHECKSUM, &sum, sizeof sum);
    FILE *checkpoint = fopen(path, "w");
    ck_assert_uint_eq(fwrite(bytes, 1, size, checkpoint), size);
    ck_assert_int_eq(fclose(checkpoint), 0);
    free(bytes);
    test_failure(core, SYNRL_INVALID, resume(&run, folder), "the saved history of synapse 16");
    test_failure(core, SYNRL_INVALID, SYNRL_INVALID, folder);
    trainer_destroy(run.trainer);
}

TEST(a_folder_that_cannot_be_made_is_named) {
    const char *file = scratch_file(&scratch, "file", "");
    const struct recorder_options where = {.folder = file};
    struct trainer *trainer;
    struct recorder *recorder;
    ck_assert_int_eq(trainer_create(core, &options, &trainer), SYNRL_OK);
    test_failure(core, SYNRL_IO, recorder_create(core, trainer, &where, &recorder),
                 "file: must be a folder");
    ck_assert_ptr_null(recorder);
    trainer_destroy(trainer);
}

/* No file may grow past so many bytes from now on. That goes for Check's own too: nothing is
 * asserted while the limit is low. */
static void limit_files(rlim_t size) {
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){size, RLIM_INFINITY}) != 0) {
        abort();
    }
}

/* metrics.csv of 31 lines is past 1,000 bytes. run.json is too, so it stays as it was: running. */
TEST(a_failed_write_fails_the_run) {
    struct a_run run;
    begin(&run, false);
    const struct observer observer = recorder_observer(run.recorder);
    limit_files(1000);
    synrl_status status = trainer_run(run.trainer, 1, &observer);
    status = recorder_finish(run.recorder, status);
    limit_files(RLIM_INFINITY);
    ck_assert_int_eq(status, SYNRL_IO);
    ck_assert_msg(strstr(core->message, "/metrics.csv: cannot write it: File too large") != NULL,
                  "%s", core->message);
    ck_assert(!has(&run, "weights.npz") && !has(&run, "policy.csv"));
    json_t *json = read_json(&run);
    ck_assert_str_eq(text_at(json, "status"), "running");
    json_decref(json);
    end(&run);
}

/* Weights fit, and the policy of 81 lines does not: then neither stays. */
TEST(a_failure_at_the_end_takes_the_results_away) {
    struct a_run run;
    options.record_every = 30;
    begin(&run, false);
    run.witness.fail_at = 0;
    const struct observer observer = recorder_observer(run.recorder);
    ck_assert_int_eq(trainer_run(run.trainer, 1, &observer), SYNRL_OK);
    synrl_policy *policy = (synrl_policy *)trainer_policy(run.trainer);
    for (int i = 0; i < 243; i++) {
        policy->q[i] = -1.0 / (3 + i); /* 20 characters each */
    }
    limit_files(4000);
    const synrl_status status = recorder_finish(run.recorder, SYNRL_OK);
    limit_files(RLIM_INFINITY);
    ck_assert_int_eq(status, SYNRL_IO);
    ck_assert_ptr_nonnull(strstr(core->message, "/policy.csv: cannot write it: File too large"));
    ck_assert(!has(&run, "weights.npz") && !has(&run, "policy.csv"));
    json_t *json = read_json(&run);
    ck_assert_str_eq(text_at(json, "status"), "failed");
    json_decref(json);
    end(&run);
}

/* Whatever a complete run leaves beside what a resumed one goes on from. */
TEST(all_results_are_taken_away) {
    struct a_run run;
    begin(&run, true);
    ck_assert_int_eq(carry_out(&run), SYNRL_OK);
    const size_t n_before = scratch_count(recorder_folder(run.recorder));
    ck_assert(has(&run, "weights.npz") && has(&run, "policy.csv"));
    recorder_remove_results(run.recorder);
    ck_assert_uint_lt(scratch_count(recorder_folder(run.recorder)), n_before);
    DIR *folder = opendir(recorder_folder(run.recorder));
    ck_assert_ptr_nonnull(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const char *name = entry->d_name;
        ck_assert_msg(name[0] == '.' || strcmp(name, "run.json") == 0 ||
                          strcmp(name, "metrics.csv") == 0 || strcmp(name, "rewards.bin") == 0 ||
                          strncmp(name, "checkpoint-", 11) == 0,
                      "%s is left", name);
    }
    closedir(folder);
    end(&run);
}

/* A recorder for the run that is already there, whose core is another: allocation alone. */
static struct trainer *trained;

static synrl_status record(struct core *scarce) {
    const struct recorder_options where = {.folder = scratch.folder};
    struct recorder *recorder;
    const size_t n_before = scratch_count(scratch.folder);
    const synrl_status status = recorder_create(scarce, trained, &where, &recorder);
    if (status != SYNRL_OK) {
        ck_assert_uint_eq(scratch_count(scratch.folder), n_before);
        return status;
    }
    const synrl_status finished = recorder_finish(recorder, SYNRL_OK);
    recorder_destroy(recorder);
    return finished;
}

TEST(memory_that_runs_out_leaves_no_folder) {
    struct trainer *trainer;
    ck_assert_int_eq(trainer_create(core, &options, &trainer), SYNRL_OK);
    ck_assert_int_eq(trainer_run(trainer, 0, NULL), SYNRL_OK);
    trained = trainer;
    test_short_memory(record);
    trainer_destroy(trainer);
}
