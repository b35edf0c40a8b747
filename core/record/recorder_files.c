/* SPDX-License-Identifier: MIT */
/* The folder of a run while it is being written: its name, its lock, its streams, run.json. */
#include "record/recorder_private.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "base/json.h"
#include "draw/gnuplot.h"
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

synrl_status recorder_lock(struct recorder *recorder) {
    recorder->lock = open(recorder->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (recorder->lock < 0) {
        return file_fail(recorder->core, recorder->folder, "open");
    }
    if (flock(recorder->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return core_fail(recorder->core, SYNRL_INVALID, "%s: another process is writing this run",
                         recorder->folder);
    }
    return SYNRL_OK;
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
    static const char *const results[] = {"weights.npz", "policy.csv", "confusion.csv"};
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
    *stream = fopen(path, mode);
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

synrl_status recorder_start_metrics(struct recorder *recorder) {
    SYNRL_TRY(recorder_open(recorder, "metrics.csv", "wbe", &recorder->metrics));
    metrics_csv_write_heading(recorder->metrics, trainer_metric_names(recorder->trainer));
    return recorder_check_written(recorder, recorder->metrics, "metrics.csv");
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

/* Starting ------------------------------------------------------------------------------------- */

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
    SYNRL_TRY(claim_name(recorder, options->folder, draft));
    SYNRL_TRY(recorder_lock(recorder));
    SYNRL_TRY(start_json(recorder, options));
    SYNRL_TRY(recorder_start_metrics(recorder));
    return claim_name(recorder, options->folder, stem);
}

void recorder_abandon(struct recorder *recorder) {
    if (recorder->folder != NULL) {
        remove_file(recorder, "metrics.csv", "");
        remove_file(recorder, "run.json", "");
        rmdir(recorder->folder);
    }
}
