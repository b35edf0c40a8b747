/* SPDX-License-Identifier: MIT */
/* The folder of a run while it is being written: its name, its lock, its streams, run.json. */
#include "record/recorder_private.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/lock.h"
#include "draw/gnuplot.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "record/litter.h"
#include "record/run_json.h"
#include "runs/metrics_csv.h"

char *recorder_path(const struct recorder *recorder, const char *name) {
    return core_printf(recorder->core, "%s/%s", recorder->folder, name);
}

/* The folder ----------------------------------------------------------------------------------- */

/* Replaces the characters of a name that are not allowed in a file's name. */
static void clean_name(const char *name, char *clean, size_t size) {
    size_t n = 0;
    for (; *name != '\0' && n + 1 < size; name++) {
        const unsigned char c = (unsigned char)*name;
        clean[n++] = isalnum(c) || c == '.' || c == '_' ? (char)c : '-';
    }
    clean[n] = '\0';
}

static synrl_status take_lock(struct recorder *recorder, int file) {
    const enum file_lock lock = lock_take(file);
    recorder->is_locked = lock == FILE_FREE;
    return lock != FILE_HELD
               ? SYNRL_OK
               : core_fail(recorder->core, SYNRL_INVALID, "%s: another process is writing this run",
                           recorder->folder);
}

synrl_status recorder_lock(struct recorder *recorder) {
    recorder->lock = open(recorder->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (recorder->lock < 0) {
        return file_fail(recorder->core, recorder->folder, "open");
    }
    return take_lock(recorder, recorder->lock);
}

/* PARENT/STEM, or PARENT/STEM-NUMBER; freed by core_free. */
static char *numbered(struct core *core, const char *parent, const char *stem, int number) {
    return number == 1 ? core_printf(core, "%s/%s", parent, stem)
                       : core_printf(core, "%s/%s-%d", parent, stem, number);
}

/* Tries names until one is free, and creates a folder of that name, or renames the existing folder.
 * An empty folder, left by a crash, counts as free. */
static synrl_status claim_name(struct recorder *recorder, const char *parent, const char *stem) {
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

/* Does without core_alloc: the run may have failed for lack of memory. */
static void remove_file(const struct recorder *recorder, const char *name, const char *ending) {
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%s%s", recorder->folder, name, ending);
    if (length > 0 && (size_t)length < sizeof path) {
        unlink(path);
    }
}

void recorder_remove_results(const struct recorder *recorder) {
    static const char *const results[] = {"weights.npz", "best.npz", "policy.csv", "confusion.csv"};
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        remove_file(recorder, results[i], "");
    }
    for (int i = 0; i < N_PICTURES; i++) {
        remove_file(recorder, picture_name((enum picture)i), ".svg");
        remove_file(recorder, picture_name((enum picture)i), ".png");
    }
}

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

/* Streams -------------------------------------------------------------------------------------- */

synrl_status recorder_open(const struct recorder *recorder, const char *name, const char *mode,
                           FILE **stream) {
    char *path = recorder_path(recorder, name);
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    /* A folder from somebody else may have a link or a FIFO in place of a file. */
    const int how = mode[0] == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : O_RDWR;
    const int opened = open(path, how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    *stream = opened >= 0 ? fdopen(opened, mode) : NULL;
    if (opened >= 0 && *stream == NULL) {
        close(opened);
    }
    const synrl_status status =
        *stream != NULL ? SYNRL_OK : file_fail(recorder->core, path, "write");
    core_free(recorder->core, path);
    return status;
}

synrl_status recorder_check_written(const struct recorder *recorder, FILE *stream,
                                    const char *name) {
    if (!ferror(stream)) {
        return SYNRL_OK;
    }
    char path[512];
    snprintf(path, sizeof path, "%s/%s", recorder->folder, name);
    return file_fail(recorder->core, path, "write");
}

synrl_status recorder_cut_file(struct recorder *recorder, const char *name, uint64_t size) {
    char *path = recorder_path(recorder, name);
    struct stat found;
    synrl_status status = SYNRL_OK;
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    if (stat(path, &found) != 0 || (uint64_t)found.st_size < size) {
        status = core_fail(recorder->core, SYNRL_INVALID,
                           "%s: is shorter than when the checkpoint was written", path);
    } else if (truncate(path, (off_t)size) != 0) {
        status = file_fail(recorder->core, path, "write");
    }
    core_free(recorder->core, path);
    return status;
}

/* Not opened for appending: an incomplete byte of rewards is written twice. */
synrl_status recorder_open_end(const struct recorder *recorder, const char *name, FILE **stream) {
    SYNRL_TRY(recorder_open(recorder, name, "r+be", stream));
    return fseeko(*stream, 0, SEEK_END) == 0
               ? SYNRL_OK
               : file_fail(recorder->core, recorder->folder, "resume");
}

static synrl_status open_metrics(struct recorder *recorder, const char *path, uint64_t size) {
    const int opened = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    struct stat found;
    if (opened < 0) {
        return file_fail(recorder->core, path, "write");
    }
    synrl_status status = take_lock(recorder, opened);
    if (status == SYNRL_OK && (fstat(opened, &found) != 0 || (uint64_t)found.st_size < size)) {
        status = core_fail(recorder->core, SYNRL_INVALID,
                           "%s: is shorter than when the checkpoint was written", path);
    }
    if (status == SYNRL_OK &&
        (ftruncate(opened, (off_t)size) != 0 || lseek(opened, 0, SEEK_END) < 0 ||
         (recorder->metrics = fdopen(opened, "wb")) == NULL)) {
        status = file_fail(recorder->core, path, "write");
    }
    if (status != SYNRL_OK) {
        close(opened);
    }
    return status;
}

synrl_status recorder_open_metrics(struct recorder *recorder, uint64_t size) {
    char *path = recorder_path(recorder, "metrics.csv");
    const synrl_status status = path != NULL ? open_metrics(recorder, path, size) : SYNRL_NO_MEMORY;
    core_free(recorder->core, path);
    return status;
}

synrl_status recorder_start_metrics(struct recorder *recorder) {
    recorder->has_heading = false;
    return recorder_open_metrics(recorder, 0);
}

synrl_status recorder_sync_file(const struct recorder *recorder, FILE *stream, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", recorder->folder, name);
    return stream != NULL ? file_sync(recorder->core, stream, path) : SYNRL_OK;
}

synrl_status recorder_close_file(struct recorder *recorder, FILE **stream, const char *name) {
    if (*stream == NULL) {
        return SYNRL_OK;
    }
    char path[512];
    snprintf(path, sizeof path, "%s/%s", recorder->folder, name);
    FILE *closing = *stream;
    *stream = NULL;
    return file_close(recorder->core, closing, path);
}

/* Weights -------------------------------------------------------------------------------------- */

synrl_status recorder_write_weights(const struct recorder *recorder, const char *name,
                                    const float *weights) {
    struct core *core = recorder->core;
    struct tensors tensors;
    SYNRL_TRY(trainer_tensors(core, recorder->trainer, &tensors));
    if (weights != NULL) {
        memcpy(tensors.values, weights, tensors.n_values * sizeof *weights);
    }
    char *path = recorder_path(recorder, name);
    const synrl_status status =
        path != NULL ? tensors_write(core, path, &tensors, false) : SYNRL_NO_MEMORY;
    core_free(core, path);
    tensors_free(core, &tensors);
    return status;
}

/* Copies ----------------------------------------------------------------------------------------- */

/* The script as it is now; one that is no plain file, such as a pipe, cannot be read twice. */
static synrl_status copy_script(struct recorder *recorder, const char *script) {
    enum { SCRIPT_LIMIT = 64 << 20 };
    struct stat found;
    char *text;
    size_t size;
    FILE *stream = NULL;
    if (script == NULL || stat(script, &found) != 0 || !S_ISREG(found.st_mode)) {
        return SYNRL_OK;
    }
    SYNRL_TRY(file_read(recorder->core, script, SCRIPT_LIMIT, &text, &size));
    synrl_status status = recorder_open(recorder, "script.lua", "wbe", &stream);
    if (status == SYNRL_OK) {
        fwrite(text, 1, size, stream); /* a failure is noticed when it is closed */
        status = recorder_close_file(recorder, &stream, "script.lua");
    }
    core_free(recorder->core, text);
    return status;
}

/* The policies that components are made with, each as policy-HASH.csv: a rule may end with another
 * one, and a replay begins with this. */
static synrl_status copy_policies(const struct recorder *recorder,
                                  const struct component *component) {
    const struct component *part;
    const synrl_policy *policy;
    for (size_t i = 0; (policy = component_policy(component, i)) != NULL; i++) {
        char name[32];
        snprintf(name, sizeof name, "policy-%016" PRIx64 ".csv", policy_hash(policy));
        char *path = recorder_path(recorder, name);
        const synrl_status status =
            path != NULL ? policy_save_csv(recorder->core, policy, path) : SYNRL_NO_MEMORY;
        core_free(recorder->core, path);
        SYNRL_TRY(status);
    }
    for (size_t i = 0; (part = component_part(component, i)) != NULL; i++) {
        SYNRL_TRY(copy_policies(recorder, part));
    }
    return SYNRL_OK;
}

/* What the run begins with, if that is not the model's own: a replay begins with it. */
static synrl_status keep_initial(const struct recorder *recorder) {
    const float *weights = trainer_initial(recorder->trainer);
    char name[40];
    if (weights == NULL) {
        return SYNRL_OK;
    }
    snprintf(name, sizeof name, "weights-%016" PRIx64 ".npz",
             trainer_options(recorder->trainer)->weights_hash);
    return recorder_write_weights(recorder, name, weights);
}

/* The names of the classes, by which a network that is used later knows them. */
static synrl_status write_classes(const struct recorder *recorder) {
    const synrl_data *data = dataset_data(trainer_options(recorder->trainer)->data);
    if (data->labels == NULL || data->class_names == NULL) {
        return SYNRL_OK;
    }
    json_t *names = json_array();
    for (size_t c = 0; c < data->n_classes; c++) {
        names = json_appended(names, json_text_bytes(data->class_names[c]));
    }
    char *text = names != NULL ? json_text(names, JSON_INDENT(0)) : NULL;
    char *path = recorder_path(recorder, "classes.json");
    const synrl_status status =
        text == NULL || path == NULL
            ? core_fail(recorder->core, SYNRL_NO_MEMORY, "not enough memory for classes.json")
            : file_write(recorder->core, path, text, strlen(text));
    core_free(recorder->core, path);
    free(text);
    json_decref(names);
    return status;
}

/* Tries to begin a folder. */
enum { BEGIN_MAX = 10 };

/* Starting ------------------------------------------------------------------------------------- */

/* The hidden folder, locked, with its run.json. */
static synrl_status begin_folder(struct recorder *recorder, const struct recorder_options *options,
                                 const char *name) {
    SYNRL_TRY(claim_name(recorder, options->folder, name));
    SYNRL_TRY(recorder_lock(recorder));
    return start_json(recorder, options);
}

/* Whether another process took the folder for litter, before it had a lock and a run.json: then it
 * is forgotten. */
static bool is_cleared(struct recorder *recorder) {
    if (recorder->folder == NULL || access(recorder->folder, F_OK) == 0) {
        return false;
    }
    if (recorder->lock >= 0) {
        close(recorder->lock);
        recorder->lock = -1;
    }
    json_decref(recorder->json);
    recorder->json = NULL;
    core_free(recorder->core, recorder->folder);
    recorder->folder = NULL;
    return true;
}

/* A replay makes the rule from the record. */
static void tell_function(const struct recorder *recorder) {
    const struct component *rule = trainer_options(recorder->trainer)->rule;
    const char *id = component_plugin(rule)->entry->id, *function = component_function(rule);
    if (function == NULL) {
        return;
    }
    const bool is_rule = function == id; /* not a parameter of that name */
    core_log(recorder->core, SYNRL_LOG_INFO,
             "rule \"%s\"%s%s is a function of the script: the run cannot be replayed", id,
             is_rule ? "" : ": ", is_rule ? "" : function);
}

/* What the run will not be good for is said before it begins. */
static void tell_limits(const struct recorder *recorder) {
    const struct train_options *options = trainer_options(recorder->trainer);
    const char *rule = component_plugin(options->rule)->entry->id;
    const struct component *unit = component_in_script(options->model);
    unit = unit != NULL ? unit : component_in_script(options->loss);
    if (unit != NULL) {
        const synrl_plugin *entry = component_plugin(unit)->entry;
        core_log(recorder->core, SYNRL_LOG_INFO,
                 "%s \"%s\" is a function of the script, which the record does not hold: the run "
                 "can be resumed, but not replayed, nor its network loaded by itself",
                 kind_name((synrl_kind)entry->kind), entry->id);
        return;
    }
    if (!trainer_can_resume(recorder->trainer)) {
        core_log(
            recorder->core, SYNRL_LOG_INFO,
            "rule \"%s\" does not say what it remembers: if the run is interrupted, resuming it "
            "begins it again",
            rule);
    }
    if (!trainer_can_replay(recorder->trainer)) {
        core_log(recorder->core, SYNRL_LOG_INFO,
                 "rule \"%s\" needs more than rewards and losses: the run cannot be replayed",
                 rule);
    } else {
        tell_function(recorder);
    }
}

synrl_status recorder_start(struct recorder *recorder, const struct recorder_options *options) {
    struct core *core = recorder->core;
    char name[64], stem[112], stamp[32], draft[144];
    const time_t now = time(NULL);
    struct tm local;
    clean_name(trainer_options(recorder->trainer)->name, name, sizeof name);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
    snprintf(stem, sizeof stem, "%s-%s", stamp, name);
    snprintf(draft, sizeof draft, ".%s-%ld", stem, (long)getpid());
    SYNRL_TRY(folder_create(core, options->folder));
    litter_clear_runs(core, options->folder);
    synrl_status status = begin_folder(recorder, options, draft);
    for (int i = 0; i < BEGIN_MAX && status != SYNRL_OK && is_cleared(recorder); i++) {
        status = begin_folder(recorder, options, draft);
    }
    SYNRL_TRY(status);
    SYNRL_TRY(copy_script(recorder, options->script));
    SYNRL_TRY(copy_policies(recorder, trainer_options(recorder->trainer)->model));
    SYNRL_TRY(copy_policies(recorder, trainer_options(recorder->trainer)->rule));
    SYNRL_TRY(keep_initial(recorder));
    SYNRL_TRY(write_classes(recorder));
    SYNRL_TRY(recorder_start_metrics(recorder));
    SYNRL_TRY(claim_name(recorder, options->folder, stem));
    folder_sync(options->folder);
    tell_limits(recorder);
    return SYNRL_OK;
}

void recorder_abandon(struct recorder *recorder) {
    DIR *folder = recorder->folder != NULL ? opendir(recorder->folder) : NULL;
    if (folder == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        unlinkat(dirfd(folder), entry->d_name, 0); /* not the folder itself, nor its parent */
    }
    closedir(folder);
    rmdir(recorder->folder);
}
