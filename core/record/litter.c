/* SPDX-License-Identifier: MIT */
/* Failures are passed over: the next process tries again. */
#include "record/litter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/process.h"
#include "runs/run_files.h"

/* Whether it is a draft of a file that the recorder writes: others, such as a report, may be the
 * work of a process that lives. */
static bool is_own_draft(const char *name) {
    static const char *const files[] = {"run.json", "weights.npz", "policy.csv", "confusion.csv"};
    static const char *const beginnings[] = {"checkpoint-", "policy-"};
    size_t length;
    long process;
    if (!draft_is_name(name, &length, &process)) {
        return false;
    }
    bool is_own = false;
    for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
        is_own = is_own || strncmp(name, beginnings[i], strlen(beginnings[i])) == 0;
    }
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        is_own = is_own || (length == strlen(files[i]) && strncmp(name, files[i], length) == 0);
    }
    return is_own;
}

void litter_clear_run(struct core *core, const char *folder) {
    (void)core;
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (is_own_draft(entry->d_name)) {
            unlinkat(dirfd(stream), entry->d_name, 0);
        }
    }
    closedir(stream);
}

/* Whether nobody holds the draft, and there is no process of the id in its name. */
static bool is_dead_draft(int folder, const char *name) {
    size_t length;
    long process;
    if (!draft_is_name(name, &length, &process) || process <= 0 || kill((pid_t)process, 0) == 0 ||
        errno != ESRCH) {
        return false;
    }
    const int draft = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const bool is_dead = draft >= 0 && lock_look(draft) == FILE_FREE;
    if (draft >= 0) {
        close(draft);
    }
    return is_dead;
}

void litter_clear_drafts(const char *folder) {
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (is_dead_draft(dirfd(stream), entry->d_name)) {
            unlinkat(dirfd(stream), entry->d_name, 0);
        }
    }
    closedir(stream);
}

/* .20260131-120000-NAME-PID */
static bool is_hidden_run(const char *name) {
    static const char form[] = ".dddddddd-dddddd-";
    size_t i = 0;
    for (; form[i] != '\0'; i++) {
        const bool is_digit = name[i] >= '0' && name[i] <= '9';
        if (form[i] == 'd' ? !is_digit : name[i] != form[i]) {
            return false;
        }
    }
    return name[i] != '\0';
}

/* Of a folder whose lock is free. One without a run.json may be about to get it: its maker then
 * begins again. */
static bool is_dead(struct core *core, const char *folder) {
    json_t *json;
    const synrl_status status = record_read(core, folder, &json);
    if (status != SYNRL_OK) {
        return status != SYNRL_NO_MEMORY;
    }
    const enum process_life life = process_life(json_object_get(json, "process"));
    json_decref(json);
    return life == PROCESS_GONE || life == PROCESS_HIDDEN;
}

/* Whether the folder holds nothing but what a run begins with. */
static bool is_begun(DIR *stream) {
    static const char *const begun[] = {".", "..", "run.json", "script.lua", "metrics.csv"};
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        bool is_known = is_own_draft(entry->d_name) ||
                        strncmp(entry->d_name, "policy-", strlen("policy-")) == 0;
        for (size_t i = 0; i < COUNT_OF(begun); i++) {
            is_known = is_known || strcmp(entry->d_name, begun[i]) == 0;
        }
        if (!is_known) {
            return false;
        }
    }
    return true;
}

/* By their paths: should the run get its name after all, they are no longer under this one. */
static void remove_files(struct core *core, const char *folder, DIR *stream) {
    rewinddir(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char *path = core_printf(core, "%s/%s", folder, entry->d_name);
        if (path != NULL) {
            unlink(path);
        }
        core_free(core, path);
    }
}

static void clear_hidden(struct core *core, const char *folder) {
    const int opened = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = opened >= 0 ? fdopendir(opened) : NULL;
    if (stream == NULL) {
        if (opened >= 0) {
            close(opened);
        }
        return;
    }
    if (lock_look(opened) == FILE_FREE && lock_take(opened) == FILE_FREE && is_dead(core, folder) &&
        is_begun(stream)) {
        remove_files(core, folder, stream);
        rmdir(folder);
    }
    closedir(stream);
}

void litter_clear_runs(struct core *core, const char *runs) {
    DIR *stream = opendir(runs);
    if (stream == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char *folder =
            is_hidden_run(entry->d_name) ? core_printf(core, "%s/%s", runs, entry->d_name) : NULL;
        if (folder != NULL) {
            clear_hidden(core, folder);
        }
        core_free(core, folder);
    }
    closedir(stream);
}
