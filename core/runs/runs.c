/* SPDX-License-Identifier: MIT */
/* Finding, listing and removing run folders. Invariant: nothing is removed before all of a folder
 * has been checked, and run.json is removed last, so that after a failure the rest is still a run's
 * folder. */
#include "runs/runs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/process.h"
#include "base/suggest.h"
#include "runs/run_files.h"

enum { SHOWN_MAX = 10 };

const char *run_status_name(size_t i) {
    static const char *const names[] = {"done",        "stopped", "diverged", "failed",
                                        "interrupted", "running", "crashed",  "unknown"};
    return i < COUNT_OF(names) ? names[i] : NULL;
}

/* Network file systems lock files that are open for writing alone, so a run holds metrics.csv as
 * well as its folder. */
static enum file_lock look_at_lock(const char *folder) {
    const int opened = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (opened < 0) {
        return FILE_LOCKLESS;
    }
    enum file_lock lock = lock_look(opened);
    const int metrics =
        openat(opened, "metrics.csv", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (metrics >= 0) {
        const enum file_lock second = lock_look(metrics);
        lock = lock == FILE_HELD ? lock : second;
        close(metrics);
    }
    close(opened);
    return lock;
}

/* The recorded status as it is now, one of run_status_name. */
static const char *read_status(struct core *core, const char *folder) {
    json_t *json;
    const char *name = "running";
    if (record_read(core, folder, &json) == SYNRL_OK) {
        const char *status = json_string_value(json_object_get(json, "status"));
        for (size_t i = 0; run_status_name(i) != NULL; i++) {
            name = strcmp(status, run_status_name(i)) == 0 ? run_status_name(i) : name;
        }
        json_decref(json);
    }
    return name;
}

bool run_is_complete(const char *recorded) {
    return strcmp(recorded, "done") == 0 || strcmp(recorded, "stopped") == 0 ||
           strcmp(recorded, "diverged") == 0;
}

const char *run_status(struct core *core, const char *folder, const char *recorded,
                       const json_t *process) {
    if (strcmp(recorded, "running") != 0) {
        return recorded;
    }
    const enum file_lock lock = look_at_lock(folder);
    const enum process_life life = process_life(process);
    if (lock == FILE_HELD || life == PROCESS_ALIVE) {
        return "running";
    }
    if (life == PROCESS_UNKNOWN || (life == PROCESS_HIDDEN && lock == FILE_LOCKLESS)) {
        return "unknown";
    }
    const char *last = read_status(core, folder); /* it may have ended since `recorded` was read */
    return strcmp(last, "running") != 0 ? last : "crashed";
}

/* run.json ------------------------------------------------------------------------------------- */

const char *run_base(const char *folder) {
    const char *slash = strrchr(folder, '/');
    return slash != NULL ? slash + 1 : folder;
}

static bool stat_in(struct core *core, const char *folder, const char *name, struct stat *status) {
    char *path = core_printf(core, "%s/%s", folder, name);
    const bool is_there = path != NULL && lstat(path, status) == 0;
    core_free(core, path);
    return is_there;
}

bool run_exists(const char *folder, struct stat *status) {
    char path[4096];
    struct stat own = {.st_mode = 0};
    struct stat *found = status != NULL ? status : &own;
    const int length = snprintf(path, sizeof path, "%s/" RUN_FILE, folder);
    return length > 0 && (size_t)length < sizeof path && lstat(path, found) == 0 &&
           S_ISREG(found->st_mode);
}

synrl_status run_read(struct core *core, const char *folder, json_t **json) {
    *json = NULL;
    if (!run_exists(folder, NULL)) {
        return core_fail(core, SYNRL_INVALID, "%s: must be a run's folder, with a file " RUN_FILE,
                         folder);
    }
    return record_read(core, folder, json);
}

/* Lists ---------------------------------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b) {
    const struct run_entry *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static synrl_status add_entry(struct core *core, struct run_list *list, size_t *capacity,
                              const char *name) {
    struct run_entry *entries = core_grow(core, list->entries, list->n, capacity, sizeof *entries);
    if (entries == NULL) {
        return SYNRL_NO_MEMORY;
    }
    list->entries = entries;
    char *copy = core_strdup(core, name);
    if (copy == NULL) {
        return SYNRL_NO_MEMORY;
    }
    list->entries[list->n++] = (struct run_entry){.name = copy};
    return SYNRL_OK;
}

static synrl_status add_entries(struct core *core, const char *runs, DIR *folder,
                                struct run_list *list) {
    size_t capacity = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat status;
        if (entry->d_name[0] == '.' ||
            fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISDIR(status.st_mode)) {
            continue;
        }
        const synrl_status added = add_entry(core, list, &capacity, entry->d_name);
        if (added != SYNRL_OK) {
            return core_fail_in(core, added, runs);
        }
    }
    return SYNRL_OK;
}

synrl_status run_list_read(struct core *core, const char *runs, struct run_list *list) {
    *list = (struct run_list){.n = 0};
    DIR *folder = opendir(runs);
    if (folder == NULL) {
        const int reason = errno;
        return core_fail(core, reason == ENOMEM ? SYNRL_NO_MEMORY : SYNRL_IO,
                         "%s: must be a folder of runs: %s", runs, strerror(reason));
    }
    const synrl_status status = add_entries(core, runs, folder, list);
    closedir(folder);
    if (status != SYNRL_OK) {
        run_list_free(core, list);
    } else if (list->n > 0) {
        qsort(list->entries, list->n, sizeof *list->entries, compare_entries);
    }
    return status;
}

void run_list_free(struct core *core, struct run_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        core_free(core, list->entries[i].name);
    }
    core_free(core, list->entries);
    *list = (struct run_list){.n = 0};
}

struct run_entry *run_list_find(const struct run_list *list, const char *name) {
    for (size_t first = 0, end = list->n; first < end;) {
        const size_t middle = first + (end - first) / 2;
        const int order = strcmp(name, list->entries[middle].name);
        if (order == 0) {
            return &list->entries[middle];
        }
        if (order < 0) {
            end = middle;
        } else {
            first = middle + 1;
        }
    }
    return NULL;
}

/* Finding -------------------------------------------------------------------------------------- */

/* Appends ", " and `more` to `text`, which has room for `size` bytes. */
static void append(char *text, size_t size, const char *more) {
    const size_t length = strlen(text);
    snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", more);
}

/* How a word may name a run, the first that fits any. */
enum naming { BEGINS_FOLDER, IS_NAME, BEGINS_NAME, N_NAMINGS };
static const char *const naming_texts[N_NAMINGS] = {"begin with", "have the name",
                                                    "have a name that begins with"};

static synrl_status fail_ambiguous(struct core *core, const char *runs, const char *word,
                                   enum naming naming, const struct run_list *list) {
    char names[768] = "";
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (list->entries[i].is_run && n++ < SHOWN_MAX) {
            append(names, sizeof names, list->entries[i].name);
        }
    }
    if (n > SHOWN_MAX) {
        char more[32];
        snprintf(more, sizeof more, "and %zu more", n - SHOWN_MAX);
        append(names, sizeof names, more);
    }
    return core_fail(core, SYNRL_INVALID, "%s: %zu runs %s \"%s\": %s", runs, n,
                     naming_texts[naming], word, names);
}

static synrl_status fail_unknown(struct core *core, const char *runs, const char *word,
                                 const struct run_list *list) {
    const char **names = core_alloc(core, list->n, sizeof *names);
    if (names == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t i = 0; i < list->n; i++) {
        names[i] = list->entries[i].name;
    }
    char suggestion[SUGGESTION_SIZE];
    suggest_text(word, list->n, names, suggestion);
    core_fail(core, SYNRL_INVALID, "%s: no run \"%s\"%s", runs, word,
              suggestion[0] != '\0' ? suggestion : "; see `synrl ls`");
    core_free(core, names);
    return SYNRL_INVALID;
}

/* The name that the script gave, from a folder's: TIME-NAME. */
static const char *name_in(const char *folder) {
    static const char pattern[] = "dddddddd-dddddd-";
    for (size_t i = 0; pattern[i] != '\0'; i++) {
        const bool fits =
            pattern[i] == 'd' ? folder[i] >= '0' && folder[i] <= '9' : folder[i] == pattern[i];
        if (!fits) {
            return ""; /* which no word begins */
        }
    }
    return folder + strlen(pattern);
}

static bool is_named(const char *folder, const char *word, enum naming naming) {
    return naming == BEGINS_FOLDER ? strncmp(folder, word, strlen(word)) == 0
           : naming == IS_NAME     ? strcmp(name_in(folder), word) == 0
                                   : strncmp(name_in(folder), word, strlen(word)) == 0;
}

/* Marks the runs that are named so; *folder is the path of the first. */
static synrl_status mark_named(struct core *core, const char *runs, const char *word,
                               enum naming naming, const struct run_list *list, char **folder,
                               size_t *n) {
    *n = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct run_entry *entry = &list->entries[i];
        struct stat status;
        if (!is_named(entry->name, word, naming)) {
            continue;
        }
        char *path = core_printf(core, "%s/%s", runs, entry->name);
        if (path == NULL) {
            return SYNRL_NO_MEMORY;
        }
        entry->is_run = stat_in(core, path, RUN_FILE, &status) && S_ISREG(status.st_mode);
        *n += entry->is_run;
        if (entry->is_run && *n == 1) {
            *folder = path;
        } else {
            core_free(core, path);
        }
    }
    return SYNRL_OK;
}

static synrl_status choose(struct core *core, const char *runs, const char *word,
                           const struct run_list *list, char **folder) {
    for (enum naming naming = BEGINS_FOLDER; naming < N_NAMINGS; naming++) {
        size_t n;
        SYNRL_TRY(mark_named(core, runs, word, naming, list, folder, &n));
        if (n > 0) {
            return n == 1 ? SYNRL_OK : fail_ambiguous(core, runs, word, naming, list);
        }
    }
    return fail_unknown(core, runs, word, list);
}

static synrl_status find_beginning(struct core *core, const char *runs, const char *word,
                                   char **folder) {
    struct run_list list;
    if (access(runs, F_OK) != 0) {
        return core_fail(core, SYNRL_INVALID, "no run \"%s\", and no folder %s", word, runs);
    }
    SYNRL_TRY(run_list_read(core, runs, &list));
    const synrl_status status = choose(core, runs, word, &list, folder);
    run_list_free(core, &list);
    return status;
}

synrl_status run_find(struct core *core, const char *runs, const char *word, char **folder) {
    *folder = NULL;
    char *path = core_strdup(core, word);
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--) {
        path[n - 1] = '\0'; /* LINK/ would name the target of the link */
    }
    const bool is_path = strchr(word, '/') != NULL || word[0] == '\0' || word[0] == '.';
    char *named = is_path ? NULL : core_printf(core, "%s/%s", runs, path);
    synrl_status status = SYNRL_OK;
    if (!is_path && named == NULL) {
        status = SYNRL_NO_MEMORY;
    } else if (named != NULL && run_exists(named, NULL)) {
        *folder = named;
    } else if (run_exists(path, NULL)) {
        *folder = path;
    } else if (is_path) {
        status = core_fail(core, SYNRL_INVALID, "%s: must be a run's folder, with a file " RUN_FILE,
                           word);
    } else {
        status = find_beginning(core, runs, path, folder);
        if (status != SYNRL_OK) {
            core_free(core, *folder);
            *folder = NULL;
        }
    }
    core_free(core, named != *folder ? named : NULL);
    core_free(core, path != *folder ? path : NULL);
    return status;
}

/* Removing ------------------------------------------------------------------------------------- */

static bool is_itself(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static synrl_status check_files(struct core *core, const char *folder, DIR *stream) {
    rewinddir(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        struct stat status;
        if (is_itself(entry->d_name)) {
            continue;
        }
        if (fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            return file_fail(core, folder, "read");
        }
        if (!S_ISREG(status.st_mode)) {
            return core_fail(
                core, SYNRL_INVALID,
                "%s: not removed: contains \"%s\", which is %s; a run leaves only files", folder,
                entry->d_name,
                S_ISDIR(status.st_mode)   ? "a folder"
                : S_ISLNK(status.st_mode) ? "a link"
                                          : "not a file");
        }
    }
    return SYNRL_OK;
}

static synrl_status remove_files(struct core *core, const char *folder, DIR *stream) {
    rewinddir(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (!is_itself(entry->d_name) && strcmp(entry->d_name, RUN_FILE) != 0 &&
            unlinkat(dirfd(stream), entry->d_name, 0) != 0 && errno != ENOENT) {
            return file_fail(core, folder, "remove");
        }
    }
    if (unlinkat(dirfd(stream), RUN_FILE, 0) != 0 || rmdir(folder) != 0) {
        return file_fail(core, folder, "remove");
    }
    return SYNRL_OK;
}

static synrl_status check_status(struct core *core, const char *folder, bool force) {
    json_t *json;
    SYNRL_TRY(run_read(core, folder, &json));
    const json_t *process = json_object_get(json, "process");
    const char *status =
        run_status(core, folder, json_string_value(json_object_get(json, "status")), process);
    const char *host = process_other_host(process);
    const json_int_t pid = json_integer_value(json_object_get(process, "pid"));
    synrl_status checked = SYNRL_OK;
    if (!force && strcmp(status, "running") == 0) {
        checked =
            core_fail(core, SYNRL_INVALID,
                      "%s: not removed: it is running, as process %" JSON_INTEGER_FORMAT "%s%s",
                      folder, pid, host != NULL ? " on " : "", host != NULL ? host : "");
    } else if (!force && strcmp(status, "unknown") == 0) {
        checked = core_fail(core, SYNRL_INVALID,
                            "%s: not removed: it may be running%s%s; --force removes it", folder,
                            host != NULL ? " on " : "", host != NULL ? host : "");
    }
    json_decref(json);
    return checked;
}

synrl_status run_remove(struct core *core, const char *folder, bool force) {
    if (is_itself(run_base(folder)) || run_base(folder)[0] == '\0') {
        return core_fail(core, SYNRL_INVALID, "%s: not removed: name the run's folder", folder);
    }
    SYNRL_TRY(check_status(core, folder, force));
    const int opened = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = opened >= 0 ? fdopendir(opened) : NULL;
    if (stream == NULL) {
        const bool is_link = errno == ELOOP || errno == ENOTDIR;
        const synrl_status failure =
            is_link
                ? core_fail(core, SYNRL_INVALID, "%s: not removed: a link, not a folder", folder)
                : file_fail(core, folder, "open");
        if (opened >= 0) {
            close(opened);
        }
        return failure;
    }
    synrl_status status = SYNRL_OK;
    if (!force && lock_take(opened) == FILE_HELD) { /* so that nobody resumes it meanwhile */
        status = core_fail(core, SYNRL_INVALID, "%s: not removed: it is running", folder);
    }
    if (status == SYNRL_OK) {
        status = check_files(core, folder, stream);
    }
    if (status == SYNRL_OK) {
        status = remove_files(core, folder, stream);
    }
    closedir(stream);
    return status;
}

/* Runs of one call ----------------------------------------------------------------------------- */

/* Skips folders that are not runs of this call. A run that is there and cannot be read is not
 * skipped: it may be one. */
static synrl_status add_sibling(struct core *core, const char *folder, const char *call,
                                json_t *folders) {
    json_t *json;
    const char *id = NULL;
    char key[24];
    json_int_t ordinal = 0;
    if (!run_exists(folder, NULL)) {
        return SYNRL_OK;
    }
    synrl_status status = record_read(core, folder, &json);
    if (status != SYNRL_OK) {
        return status == SYNRL_INVALID ? SYNRL_OK : status;
    }
    const json_t *recorded = json_object_get(json, "call");
    if (json_take_text(recorded, "id", &id) && json_take_integer(recorded, "ordinal", &ordinal) &&
        strcmp(id, call) == 0) {
        snprintf(key, sizeof key, "%lld", (long long)ordinal);
        if (json_object_set_new(folders, key, json_string_nocheck(folder)) != 0) {
            status = core_fail(core, SYNRL_NO_MEMORY, "%s: not enough memory to list it", folder);
        }
    }
    json_decref(json);
    return status;
}

synrl_status run_siblings(struct core *core, const char *runs, const char *call, json_t **folders) {
    struct run_list list;
    *folders = NULL;
    SYNRL_TRY(run_list_read(core, runs, &list));
    *folders = json_object();
    synrl_status status = *folders != NULL ? SYNRL_OK
                                           : core_fail(core, SYNRL_NO_MEMORY,
                                                       "%s: not enough memory to list it", runs);
    for (size_t i = 0; status == SYNRL_OK && i < list.n; i++) {
        char *folder = core_printf(core, "%s/%s", runs, list.entries[i].name);
        if (folder == NULL) {
            status = SYNRL_NO_MEMORY;
        } else {
            status = add_sibling(core, folder, call, *folders);
        }
        core_free(core, folder);
    }
    run_list_free(core, &list);
    return status;
}
