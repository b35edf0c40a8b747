/* The folder that a run leaves behind. Invariant: run.json says "running" until everything else in
 * the folder is complete; a failed write ends the run. */
#include "recorder.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "mistakes.h"
#include "npz.h"
#include "number.h"
#include "pictures.h"
#include "policy.h"
#include "provenance.h"

struct recorder {
    struct core *core;
    const struct trainer *trainer;
    bool pictures;
    char *folder;  /* made by this recorder, or NULL */
    json_t *json;  /* of run.json */
    FILE *metrics; /* open while the run goes on */
    FILE *rewards; /* opened by the first reward */
    uint8_t bits;  /* rewards not yet written, the first in the lowest bit */
    uint64_t n_rewards;
};

/* PATH in the run's folder; freed by core_free. */
static char *path_of(const struct recorder *recorder, const char *name) {
    return core_printf(recorder->core, "%s/%s", recorder->folder, name);
}

/* The folder ----------------------------------------------------------------------------------- */

/* What of a name may stand in a file's name. */
static void clean_name(const char *name, char *clean, size_t size) {
    size_t n = 0;
    for (; *name != '\0' && n + 1 < size; name++) {
        const unsigned char c = (unsigned char)*name;
        clean[n++] = isalnum(c) || c == '.' || c == '_' ? (char)c : '-';
    }
    clean[n] = '\0';
}

/* A folder that was not there before: FOLDER/TIME-NAME, with a number behind where that is taken.
 */
static synrl_status make_folder(struct recorder *recorder, const char *parent) {
    struct core *core = recorder->core;
    char name[64], stamp[32];
    const time_t now = time(NULL);
    struct tm local;
    clean_name(trainer_options(recorder->trainer)->name, name, sizeof name);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
    SYNRL_TRY(folder_create(core, parent));
    for (int number = 1; number < 10000; number++) {
        char suffix[16] = "";
        if (number > 1) {
            snprintf(suffix, sizeof suffix, "-%d", number);
        }
        char *folder = core_printf(core, "%s/%s-%s%s", parent, stamp, name, suffix);
        if (folder == NULL) {
            return SYNRL_NO_MEMORY;
        }
        if (mkdir(folder, 0777) == 0) {
            recorder->folder = folder;
            return SYNRL_OK;
        }
        const synrl_status failure = errno != EEXIST ? file_fail(core, folder, "make") : SYNRL_OK;
        core_free(core, folder);
        SYNRL_TRY(failure);
    }
    return core_fail(core, SYNRL_IO, "%s: too many runs of this name in one second", parent);
}

/* Takes away what a run that failed must not leave: the names that stand for results. */
static void remove_files(const struct recorder *recorder, size_t n, const char *const *names) {
    for (size_t i = 0; i < n; i++) {
        char *path = path_of(recorder, names[i]);
        if (path != NULL) {
            unlink(path);
        }
        core_free(recorder->core, path);
    }
}

static const char *const results[] = {
    "weights.npz",   "policy.csv",   "loss.svg",     "loss.png",      "boundary.svg",
    "boundary.png",  "policy.svg",   "policy.png",   "confusion.csv", "confusion.svg",
    "confusion.png", "mistakes.svg", "mistakes.png",
};
static const char *const beginnings[] = {"metrics.csv", "run.json"};

/* run.json ------------------------------------------------------------------------------------- */

static synrl_status write_json(struct recorder *recorder) {
    struct core *core = recorder->core;
    char *text =
        json_dumps(recorder->json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    char *path = path_of(recorder, "run.json");
    synrl_status status = SYNRL_NO_MEMORY;
    if (text == NULL) {
        core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory for run.json", recorder->folder);
    } else if (path != NULL) {
        status = file_write(core, path, text, strlen(text));
    }
    core_free(core, path);
    free(text);
    return status;
}

/* A number, or null for what JSON has no number for. */
static json_t *number_json(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}

static json_t *string_json(const char *text) {
    return text != NULL ? json_string(text) : json_null();
}

static json_t *config_json(const struct train_options *options) {
    json_t *batch = options->batch_size == 0
                        ? json_null()
                        : json_pack("{s:I, s:I, s:s}", "size", (json_int_t)options->batch_size,
                                    "every", (json_int_t)options->batch_every, "refresh",
                                    options->refresh == BATCH_REBASE ? "rebase" : "as_published");
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:I, s:I}", "name",
                     options->name, "data", dataset_json(options->data), "valid",
                     options->valid != NULL ? dataset_json(options->valid) : json_null(), "model",
                     component_json(options->model), "loss", component_json(options->loss), "rule",
                     component_json(options->rule), "iterations", (json_int_t)options->iterations,
                     "seed", (json_int_t)options->seed, "batch", batch, "record_every",
                     (json_int_t)options->record_every, "evaluate_every",
                     (json_int_t)options->evaluate_every);
}

static synrl_status start_json(struct recorder *recorder, const struct recorder_options *options) {
    const struct train_options *train = trainer_options(recorder->trainer);
    recorder->json =
        json_pack("{s:s, s:o, s:o, s:o, s:o}", "status", "running", "config", config_json(train),
                  "provenance", provenance_json(recorder->core, train, options->script), "script",
                  string_json(options->script), "command", string_json(options->command));
    if (recorder->json == NULL) {
        return core_fail(recorder->core, SYNRL_NO_MEMORY, "%s: not enough memory for run.json",
                         recorder->folder);
    }
    return write_json(recorder);
}

/* Making --------------------------------------------------------------------------------------- */

static synrl_status open_file(const struct recorder *recorder, const char *name, FILE **stream) {
    char *path = path_of(recorder, name);
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *stream = fopen(path, "wbe");
    const synrl_status status =
        *stream != NULL ? SYNRL_OK : file_fail(recorder->core, path, "write");
    core_free(recorder->core, path);
    return status;
}

static synrl_status check_written(const struct recorder *recorder, FILE *stream, const char *name) {
    if (!ferror(stream)) {
        return SYNRL_OK;
    }
    char path[512];
    snprintf(path, sizeof path, "%s/%s", recorder->folder, name);
    return file_fail(recorder->core, path, "write");
}

static synrl_status start(struct recorder *recorder, const struct recorder_options *options) {
    SYNRL_TRY(make_folder(recorder, options->folder));
    SYNRL_TRY(start_json(recorder, options));
    SYNRL_TRY(open_file(recorder, "metrics.csv", &recorder->metrics));
    fputs(
        "iteration,loss,accuracy,reward_rate,valid_loss,valid_accuracy,alpha_s,epsilon,"
        "sample_forwards,sample_backwards\n",
        recorder->metrics);
    return check_written(recorder, recorder->metrics, "metrics.csv");
}

/* Of a run that did not begin nothing is left. */
static void abandon(struct recorder *recorder) {
    if (recorder->folder != NULL) {
        remove_files(recorder, sizeof beginnings / sizeof beginnings[0], beginnings);
        rmdir(recorder->folder);
    }
    recorder_destroy(recorder);
}

synrl_status recorder_create(struct core *core, const struct trainer *trainer,
                             const struct recorder_options *options, struct recorder **made) {
    *made = NULL;
    struct recorder *recorder = core_alloc(core, 1, sizeof *recorder);
    if (recorder == NULL) {
        return SYNRL_NO_MEMORY;
    }
    recorder->core = core;
    recorder->trainer = trainer;
    recorder->pictures = options->pictures;
    const synrl_status status = start(recorder, options);
    if (status != SYNRL_OK) {
        abandon(recorder);
        return status;
    }
    *made = recorder;
    return SYNRL_OK;
}

void recorder_destroy(struct recorder *recorder) {
    if (recorder == NULL) {
        return;
    }
    if (recorder->metrics != NULL) {
        fclose(recorder->metrics);
    }
    if (recorder->rewards != NULL) {
        fclose(recorder->rewards);
    }
    json_decref(recorder->json);
    core_free(recorder->core, recorder->folder);
    core_free(recorder->core, recorder);
}

const char *recorder_folder(const struct recorder *recorder) {
    return recorder->folder;
}

/* Observing ------------------------------------------------------------------------------------ */

static void write_number(FILE *stream, double number) {
    char text[NUMBER_SIZE];
    fputc(',', stream);
    if (!isnan(number)) {
        number_write(text, 17, number);
        fputs(text, stream);
    }
}

static synrl_status observe_record(void *context, const struct metrics *metrics) {
    struct recorder *recorder = context;
    FILE *stream = recorder->metrics;
    fprintf(stream, "%llu", (unsigned long long)metrics->iteration);
    write_number(stream, metrics->loss);
    write_number(stream, metrics->accuracy);
    write_number(stream, metrics->reward_rate);
    write_number(stream, metrics->valid_loss);
    write_number(stream, metrics->valid_accuracy);
    write_number(stream, metrics->alpha_s);
    write_number(stream, metrics->epsilon);
    fprintf(stream, ",%llu,%llu\n", (unsigned long long)metrics->sample_forwards,
            (unsigned long long)metrics->sample_backwards);
    return check_written(recorder, stream, "metrics.csv");
}

static synrl_status observe_reward(void *context, uint64_t iteration, int reward) {
    struct recorder *recorder = context;
    (void)iteration;
    if (recorder->rewards == NULL) {
        SYNRL_TRY(open_file(recorder, "rewards.bin", &recorder->rewards));
    }
    recorder->bits = (uint8_t)(recorder->bits | (reward > 0) << recorder->n_rewards % 8);
    if (++recorder->n_rewards % 8 == 0) {
        fputc(recorder->bits, recorder->rewards);
        recorder->bits = 0;
        return check_written(recorder, recorder->rewards, "rewards.bin");
    }
    return SYNRL_OK;
}

struct observer recorder_observer(struct recorder *recorder) {
    return (struct observer){
        .context = recorder, .record = observe_record, .reward = observe_reward};
}

/* Finishing ------------------------------------------------------------------------------------ */

static synrl_status close_file(struct recorder *recorder, FILE **stream, const char *name) {
    if (*stream == NULL) {
        return SYNRL_OK;
    }
    char path[512];
    snprintf(path, sizeof path, "%s/%s", recorder->folder, name);
    FILE *closing = *stream;
    *stream = NULL;
    return file_close(recorder->core, closing, path);
}

static synrl_status close_files(struct recorder *recorder) {
    if (recorder->rewards != NULL && recorder->n_rewards % 8 != 0) {
        fputc(recorder->bits, recorder->rewards);
    }
    const synrl_status metrics = close_file(recorder, &recorder->metrics, "metrics.csv");
    const synrl_status rewards = close_file(recorder, &recorder->rewards, "rewards.bin");
    return metrics != SYNRL_OK ? metrics : rewards;
}

static synrl_status write_weights(struct recorder *recorder) {
    struct core *core = recorder->core;
    const synrl_layout *layout = trainer_layout(recorder->trainer);
    float *weights = core_alloc(core, layout->n_synapses, sizeof *weights);
    struct npz_array *arrays = core_alloc(core, layout->n_tensors, sizeof *arrays);
    char *path = path_of(recorder, "weights.npz");
    synrl_status status = SYNRL_NO_MEMORY;
    if (weights != NULL && arrays != NULL && path != NULL) {
        trainer_weights(recorder->trainer, weights);
        for (size_t t = 0; t < layout->n_tensors; t++) {
            const synrl_tensor *tensor = &layout->tensors[t];
            arrays[t] = (struct npz_array){.name = tensor->name,
                                           .values = weights + tensor->first,
                                           .n_rows = tensor->n_rows,
                                           .n_columns = tensor->is_bias ? 0 : tensor->n_columns};
        }
        status = npz_write(core, path, layout->n_tensors, arrays);
    }
    core_free(core, path);
    core_free(core, arrays);
    core_free(core, weights);
    return status;
}

static synrl_status write_policy(struct recorder *recorder) {
    const synrl_policy *policy = trainer_policy(recorder->trainer);
    if (policy == NULL) {
        return SYNRL_OK;
    }
    char *path = path_of(recorder, "policy.csv");
    const synrl_status status =
        path != NULL ? policy_save_csv(recorder->core, policy, path) : SYNRL_NO_MEMORY;
    core_free(recorder->core, path);
    return status;
}

static json_t *summary_json(const struct trainer *trainer) {
    struct summary summary;
    char hash[17];
    trainer_summary(trainer, &summary);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)summary.weights_hash);
    return json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:f, s:I, s:I, s:s}", "iterations",
        (json_int_t)summary.iterations, "loss", number_json(summary.last.loss), "accuracy",
        number_json(summary.last.accuracy), "valid_loss", number_json(summary.last.valid_loss),
        "valid_accuracy", number_json(summary.last.valid_accuracy), "seconds", summary.seconds,
        "sample_forwards", (json_int_t)summary.last.sample_forwards, "sample_backwards",
        (json_int_t)summary.last.sample_backwards, "weights_hash", hash);
}

/* The run's end in run.json; `problem` is what a failed run failed of. */
static synrl_status finish_json(struct recorder *recorder, const char *status,
                                const char *problem) {
    struct summary summary;
    trainer_summary(recorder->trainer, &summary);
    json_object_set_new(recorder->json, "status", json_string(status));
    json_object_set_new(recorder->json, "summary", summary_json(recorder->trainer));
    if (problem != NULL) {
        json_object_set_new(recorder->json, "error", json_string(problem));
    }
    if (summary.stopped[0] != '\0') {
        json_object_set_new(recorder->json, "stopped", json_string(summary.stopped));
    }
    return write_json(recorder);
}

static synrl_status finish_well(struct recorder *recorder, synrl_status outcome) {
    SYNRL_TRY(close_files(recorder));
    SYNRL_TRY(write_weights(recorder));
    SYNRL_TRY(write_policy(recorder));
    SYNRL_TRY(confusion_write(recorder->core, recorder->trainer, recorder->folder));
    if (recorder->pictures) {
        SYNRL_TRY(pictures_draw(recorder->core, recorder->trainer, recorder->folder));
    }
    return finish_json(recorder, outcome == SYNRL_STOPPED ? "stopped" : "done", NULL);
}

synrl_status recorder_finish(struct recorder *recorder, synrl_status outcome) {
    char problem[sizeof recorder->core->message];
    synrl_status status = outcome;
    if (outcome == SYNRL_OK || outcome == SYNRL_STOPPED) {
        status = finish_well(recorder, outcome);
        if (status == SYNRL_OK) {
            return SYNRL_OK;
        }
    }
    /* The first failure is the one to tell, whatever else goes wrong on the way out. */
    memcpy(problem, recorder->core->message, sizeof problem);
    close_files(recorder);
    remove_files(recorder, sizeof results / sizeof results[0], results);
    finish_json(recorder, "failed", problem);
    return core_fail(recorder->core, status, "%s", problem);
}

synrl_status recorder_plot_text(const struct recorder *recorder, unsigned columns, char **text) {
    return pictures_text(recorder->core, recorder->folder, columns, text);
}
