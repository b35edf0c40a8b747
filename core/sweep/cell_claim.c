/* SPDX-License-Identifier: MIT */
/* Claims of cells. Invariant: nothing but the claim itself is touched by who does not have it. */
#include "sweep/cell_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/lock.h"
#include "base/process.h"

/* What has just been made may not be locked yet; another machine's claim is looked at once per
 * second. */
#define YOUNG_SECONDS 2
#define LOOK_SECONDS 1.0

enum { CLAIM_LIMIT = 4096, OPEN_FLAGS = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK };

static void close_file(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

/* Whether the path still names the open file: who had it before may have removed it. */
static bool is_named(int descriptor, const char *path) {
    struct stat open, named;
    return fstat(descriptor, &open) == 0 && lstat(path, &named) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* Another's claim ------------------------------------------------------------------------------ */

/* What the file says; NULL where it says nothing, as one that was made a moment ago. */
static json_t *read_claim(int file) {
    char text[CLAIM_LIMIT];
    json_error_t error;
    const ssize_t n = pread(file, text, sizeof text, 0);
    return n > 0 ? json_read_text(text, (size_t)n, 0, &error) : NULL;
}

/* Whether it has been like this for the whole of its time, as far as this process has seen. */
static bool has_lapsed(const struct stat *now, double lapse, struct cell_claim *claim) {
    const double clock = clock_seconds();
    if (claim->since <= 0 || claim->inode != now->st_ino ||
        claim->renewed.tv_sec != now->st_mtim.tv_sec ||
        claim->renewed.tv_nsec != now->st_mtim.tv_nsec) {
        claim->inode = now->st_ino;
        claim->renewed = now->st_mtim;
        claim->since = clock;
    }
    claim->again = clock + LOOK_SECONDS;
    return clock - claim->since > lapse;
}

/* Whether nobody has the claim any more. */
static bool is_dead(int file, const struct stat *now, double lapse, struct cell_claim *claim) {
    json_t *holder = read_claim(file);
    const enum process_life life = process_life(holder);
    const char *host = process_other_host(holder);
    const json_t *own = json_object_get(holder, "lapse");
    const double seconds = json_is_number(own) ? json_number_value(own) : lapse;
    const bool is_young = time(NULL) - now->st_mtim.tv_sec < YOUNG_SECONDS;
    snprintf(claim->host, sizeof claim->host, "%s", host != NULL ? host : "");
    json_decref(holder);
    const enum file_lock lock = lock_look(file);
    if (lock == FILE_HELD) {
        claim->since = 0;
        return false;
    }
    if (life == PROCESS_UNKNOWN || (life == PROCESS_HIDDEN && lock == FILE_LOCKLESS)) {
        return has_lapsed(now, seconds, claim);
    }
    return life == PROCESS_GONE || (lock == FILE_FREE && !is_young);
}

/* Takes a dead claim away. False: in the meantime it has become another's. */
static bool take_away(struct core *core, const char *path, const struct stat *dead) {
    struct stat taken;
    char *aside = core_printf(core, "%s.draft-%ld-0", path, (long)getpid());
    bool is_same = false;
    if (aside != NULL && rename(path, aside) == 0) {
        is_same = lstat(aside, &taken) == 0 && taken.st_ino == dead->st_ino &&
                  taken.st_mtim.tv_sec == dead->st_mtim.tv_sec &&
                  taken.st_mtim.tv_nsec == dead->st_mtim.tv_nsec;
        if (is_same || link(aside, path) == 0 || errno == EEXIST) { /* a third has it by now */
            unlink(aside);
        }
    }
    core_free(core, aside);
    return is_same;
}

/* Clears the way for a claim, unless another has it. *is_foreign: it was another machine's. */
static bool clear_dead(struct core *core, const char *path, double lapse, struct cell_claim *claim,
                       bool *is_foreign) {
    struct stat now;
    bool is_clear = false;
    int file = open(path, O_RDONLY | OPEN_FLAGS);
    if (file < 0) {
        return errno == ENOENT;
    }
    if (fstat(file, &now) == 0 && is_dead(file, &now, lapse, claim)) {
        *is_foreign = claim->host[0] != '\0';
        is_clear = take_away(core, path, &now);
        claim->was_started = claim->was_started || is_clear;
    }
    close_file(&file);
    return is_clear;
}

/* Ours ----------------------------------------------------------------------------------------- */

static synrl_status write_claim(struct core *core, const char *path, int file, double lapse) {
    char begun[32];
    struct tm parts;
    const time_t now = time(NULL);
    strftime(begun, sizeof begun, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    const char *job = getenv("SLURM_JOB_ID");
    json_t *json = json_with(process_json(), "begun", json_string(begun));
    json = json_with(json, "lapse", json_real(lapse));
    json = job != NULL ? json_with(json, "slurm_job", json_text_bytes(job)) : json;
    char *text = json != NULL ? json_dump_whole(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (text == NULL) {
        return core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory", path);
    }
    const size_t size = strlen(text);
    const bool is_written = write(file, text, size) == (ssize_t)size;
    free(text);
    return is_written ? SYNRL_OK : file_fail(core, path, "write");
}

/* Makes the file; *made is -1 where there is one. */
static synrl_status make_claim(struct core *core, const char *path, double lapse, int *made) {
    *made = open(path, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, 0666);
    if (*made < 0) {
        return errno == EEXIST ? SYNRL_OK : file_fail(core, path, "write");
    }
    lock_take(*made);
    const synrl_status status = write_claim(core, path, *made, lapse);
    if (status != SYNRL_OK) {
        unlink(path);
        close_file(made);
    }
    return status;
}

/* The file for the result, empty and locked; -1 where a process that has outlived its sweep still
 * writes to it. */
static synrl_status open_output(struct core *core, const char *path, bool is_foreign,
                                struct cell_claim *claim) {
    int file = open(path, O_RDWR | OPEN_FLAGS);
    claim->was_started = claim->was_started || file >= 0;
    if (file >= 0 && lock_look(file) == FILE_HELD) {
        close_file(&file);
        return SYNRL_OK;
    }
    /* A process of another machine may be writing to the file without a lock that shows here. */
    if (file >= 0 && is_foreign) {
        unlink(path);
        close_file(&file);
    }
    file = file >= 0 ? file : open(path, O_RDWR | O_CREAT | OPEN_FLAGS, 0666);
    if (file >= 0) {
        lock_take(file);
    }
    if (file < 0 || ftruncate(file, 0) != 0) {
        const synrl_status status = file_fail(core, path, "write");
        close_file(&file);
        return status;
    }
    claim->output = file;
    return SYNRL_OK;
}

synrl_status cell_claim_take(struct core *core, const struct cell_files *files, double lapse,
                             struct cell_claim *claim, bool *is_taken) {
    bool is_foreign = false;
    *is_taken = false;
    if (claim->again > clock_seconds()) {
        return SYNRL_OK;
    }
    claim->was_started = false;
    SYNRL_TRY(make_claim(core, files->claim, lapse, &claim->sign));
    if (claim->sign < 0 && clear_dead(core, files->claim, lapse, claim, &is_foreign)) {
        SYNRL_TRY(make_claim(core, files->claim, lapse, &claim->sign));
    }
    if (claim->sign < 0) {
        return SYNRL_OK;
    }
    const synrl_status status = open_output(core, files->output, is_foreign, claim);
    *is_taken = claim->output >= 0;
    if (!*is_taken) {
        cell_claim_release(files, claim);
    }
    return status;
}

bool cell_claim_renew(const struct cell_files *files, const struct cell_claim *claim) {
    return (futimens(claim->sign, NULL) == 0 || errno != ESTALE) &&
           is_named(claim->sign, files->claim);
}

void cell_claim_release(const struct cell_files *files, struct cell_claim *claim) {
    if (claim->sign >= 0 && is_named(claim->sign, files->claim)) {
        unlink(files->claim);
    }
    close_file(&claim->sign);
}
