/* The folder that a run leaves behind. Invariant: run.json says "running" until everything else in
 * the folder is complete; a failed write ends the run. */
#include "record/recorder_private.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/npz.h"
#include "base/number.h"
#include "draw/mistakes.h"
#include "draw/pictures.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "record/checkpoint.h"
#include "record/run_json.h"
#include "runs/run_files.h"

/* PATH in the run's folder; freed by core_free. */
char *recorder_path(const struct recorder *recorder, const char *name) {
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

/* Until the recorder, or its process, is gone. */
synrl_status recorder_lock(struct recorder *recorder) {
    recorder->lock = open(recorder->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (recorder->lock < 0) {
        return file_fail(recorder->core, recorder->folder, "open");
    }
    if (flock(recorder->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return core_fail(recorder->core, SYNRL_INVALID,
                         "%s: another process is at work on this run", recorder->folder);
    }
    return SYNRL_OK;
}

/* PARENT/STEM, or with a number behind; freed by core_free. */
static char *numbered(struct core *core, const char *parent, const char *stem, int number) {
    return number == 1 ? core_printf(core, "%s/%s", parent, stem)
                       : core_printf(core, "%s/%s-%d", parent, stem, number);
}

/* Tries names until one is free: makes a folder of it, or gives it to the folder there is. What a
 * crash left empty may be taken. */
static synrl_status take_name(struct recorder *recorder, const char *parent, const char *stem) {
    struct core *core = recorder->core;
    for (int number = 1; number < 10000; number++) {
        char *folder = numbered(core, parent, stem, number);
        if (folder == NULL) {
            return SYNRL_NO_MEMORY;
        }
        if ((recorder->folder == NULL ? mkdir(folder, 0777) : rename(recorder->folder, folder)) ==
            0) {
            core_free(core, recorder->folder);
            recorder->folder = folder;
            return SYNRL_OK;
        }
        const bool is_taken = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
        const synrl_status failure = is_taken ? SYNRL_OK : file_fail(core, folder, "make");
        core_free(core, folder);
        SYNRL_TRY(failure);
    }
    return core_fail(core, SYNRL_IO, "%s: too many runs of this name in one second", parent);
}

/* Takes away what a run that failed must not leave: the names that stand for results. Without
 * core_alloc: it may be for want of memory that the run failed. */
static void remove_files(const struct recorder *recorder, size_t n, const char *const *names) {
    char path[PATH_MAX];
    for (size_t i = 0; i < n; i++) {
        const int length = snprintf(path, sizeof path, "%s/%s", recorder->folder, names[i]);
        if (length > 0 && (size_t)length < sizeof path) {
            unlink(path);
        }
    }
}

static const char *const results[] = {
    "weights.npz",   "policy.csv",   "loss.svg",     "loss.png",      "boundary.svg",
    "boundary.png",  "policy.svg",   "policy.png",   "confusion.csv", "confusion.svg",
    "confusion.png", "mistakes.svg", "mistakes.png",
};
static const char *const beginnings[] = {"metrics.csv", "run.json"};

/* run.json ------------------------------------------------------------------------------------- */

synrl_status recorder_write_json(struct recorder *recorder) {
    struct core *core = recorder->core;
    char *text = json_text(recorder->json, JSON_INDENT(2) | JSON_SORT_KEYS);
    char *path = recorder_path(recorder, "run.json");
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

static synrl_status start_json(struct recorder *recorder, const struct recorder_options *options) {
    recorder->json = run_json_new(recorder->core, recorder->trainer, options);
    return recorder->json != NULL ? recorder_write_json(recorder) : SYNRL_NO_MEMORY;
}

/* Making --------------------------------------------------------------------------------------- */

synrl_status recorder_open(const struct recorder *recorder, const char *name, const char *mode,
                           FILE **stream) {
    char *path = recorder_path(recorder, name);
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *stream = fopen(path, mode);
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

synrl_status recorder_start_metrics(struct recorder *recorder) {
    SYNRL_TRY(recorder_open(recorder, "metrics.csv", "wbe", &recorder->metrics));
    fputs(RECORD_METRICS_HEADING "\n", recorder->metrics);
    return check_written(recorder, recorder->metrics, "metrics.csv");
}

/* The folder: PARENT/TIME-NAME. It is hidden until run.json is in it, so that no kill can leave a
 * folder that is not a run. */
static synrl_status start(struct recorder *recorder, const struct recorder_options *options) {
    struct core *core = recorder->core;
    char name[64], stem[112], stamp[32], draft[144];
    const time_t now = time(NULL);
    struct tm local;
    clean_name(trainer_options(recorder->trainer)->name, name, sizeof name);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
    snprintf(stem, sizeof stem, "%s-%s", stamp, name);
    snprintf(draft, sizeof draft, ".%s-%ld", stem, (long)getpid());
    SYNRL_TRY(folder_create(core, options->folder));
    SYNRL_TRY(take_name(recorder, options->folder, draft));
    SYNRL_TRY(recorder_lock(recorder));
    SYNRL_TRY(start_json(recorder, options));
    SYNRL_TRY(recorder_start_metrics(recorder));
    return take_name(recorder, options->folder, stem);
}

/* Of a run that did not begin nothing is left. */
static void abandon(struct recorder *recorder) {
    if (recorder->folder != NULL) {
        remove_files(recorder, sizeof beginnings / sizeof beginnings[0], beginnings);
        rmdir(recorder->folder);
    }
}

/* Beginning and end of a recorder -------------------------------------------------------------- */

bool recorder_is_complete(const struct recorder *recorder) {
    return recorder->is_complete;
}

synrl_status recorder_create(struct core *core, struct trainer *trainer,
                             const struct recorder_options *options, struct recorder **made) {
    *made = NULL;
    struct recorder *recorder = core_alloc(core, 1, sizeof *recorder);
    if (recorder == NULL) {
        return SYNRL_NO_MEMORY;
    }
    recorder->core = core;
    recorder->trainer = trainer;
    recorder->pictures = options->pictures;
    recorder->lock = -1;
    const synrl_status status = options->resume != NULL ? recorder_resume(recorder, options->resume)
                                                        : start(recorder, options);
    if (status != SYNRL_OK) {
        if (options->resume == NULL) {
            abandon(recorder);
        }
        recorder_destroy(recorder);
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
    if (recorder->lock >= 0) {
        close(recorder->lock);
    }
    json_decref(recorder->json);
    core_free(recorder->core, recorder->state);
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
        SYNRL_TRY(recorder_open(recorder, "rewards.bin", "wbe", &recorder->rewards));
    }
    recorder->bits = (uint8_t)(recorder->bits | (reward > 0) << recorder->n_rewards % 8);
    if (++recorder->n_rewards % 8 == 0) {
        fputc(recorder->bits, recorder->rewards);
        recorder->bits = 0;
        return check_written(recorder, recorder->rewards, "rewards.bin");
    }
    return SYNRL_OK;
}

/* Brings what was recorded so far to where a reader finds it: bytes in a stream's buffer die with
 * the process. The byte of rewards that is not full is written, and written over by the next. */
static synrl_status flush(struct recorder *recorder) {
    if (fflush(recorder->metrics) != 0) {
        return check_written(recorder, recorder->metrics, "metrics.csv");
    }
    if (recorder->rewards == NULL) {
        return SYNRL_OK;
    }
    if (recorder->n_rewards % 8 != 0) {
        fputc(recorder->bits, recorder->rewards);
    }
    fflush(recorder->rewards);
    SYNRL_TRY(check_written(recorder, recorder->rewards, "rewards.bin"));
    if (recorder->n_rewards % 8 != 0 && fseeko(recorder->rewards, -1, SEEK_CUR) != 0) {
        return file_fail(recorder->core, recorder->folder, "write rewards.bin in");
    }
    return SYNRL_OK;
}

static synrl_status save(struct recorder *recorder, size_t keep) {
    const size_t size = trainer_state_size(recorder->trainer);
    struct summary summary;
    if (recorder->state == NULL) {
        recorder->state = core_alloc(recorder->core, size, 1);
        if (recorder->state == NULL) {
            return SYNRL_NO_MEMORY;
        }
    }
    SYNRL_TRY(flush(recorder));
    trainer_save(recorder->trainer, recorder->state);
    trainer_summary(recorder->trainer, &summary);
    const struct checkpoint checkpoint = {.iteration = summary.iterations,
                                          .metrics_size = (uint64_t)ftello(recorder->metrics),
                                          .n_rewards = recorder->n_rewards,
                                          .state_size = size,
                                          .state = recorder->state};
    return checkpoint_write(recorder->core, recorder->folder, keep, &checkpoint);
}

static synrl_status observe_checkpoint(void *context) {
    struct recorder *recorder = context;
    return save(recorder, trainer_options(recorder->trainer)->checkpoint_keep);
}

struct observer recorder_observer(struct recorder *recorder) {
    return (struct observer){.context = recorder,
                             .record = observe_record,
                             .reward = observe_reward,
                             .checkpoint = observe_checkpoint};
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
    char *path = recorder_path(recorder, "weights.npz");
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
    char *path = recorder_path(recorder, "policy.csv");
    const synrl_status status =
        path != NULL ? policy_save_csv(recorder->core, policy, path) : SYNRL_NO_MEMORY;
    core_free(recorder->core, path);
    return status;
}

static synrl_status finish_json(struct recorder *recorder, const char *status,
                                const char *problem) {
    run_json_end(recorder->json, recorder->trainer, status, problem);
    return recorder_write_json(recorder);
}

static synrl_status finish_well(struct recorder *recorder, synrl_status outcome) {
    const bool has_ended = trainer_has_ended(recorder->trainer);
    if (has_ended) { /* one that was interrupted has told its state when it stopped */
        SYNRL_TRY(save(recorder, 1));
    }
    SYNRL_TRY(close_files(recorder));
    SYNRL_TRY(write_weights(recorder));
    SYNRL_TRY(write_policy(recorder));
    SYNRL_TRY(confusion_write(recorder->core, recorder->trainer, recorder->folder));
    if (recorder->pictures && has_ended) {
        SYNRL_TRY(pictures_draw(recorder->core, recorder->trainer, recorder->folder));
    }
    return finish_json(recorder,
                       !has_ended                 ? "interrupted"
                       : outcome == SYNRL_STOPPED ? "stopped"
                                                  : "done",
                       NULL);
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
