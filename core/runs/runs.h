/* Run folders seen from outside: what run.json says, and whether it still holds. What is in a run
 * folder: recorder.h. Nothing here follows a symbolic link to a folder or to a run.json. */
#ifndef RUNS_H
#define RUNS_H

#include <jansson.h>
#include <sys/stat.h>

#include "base/core.h"

#define RUN_FILE "run.json"

/* What run_status can say, for messages and to check what was asked for. */
enum { N_RUN_STATUSES = 7 };
extern const char *const run_statuses[N_RUN_STATUSES];

/* The status as it is, not as it was last written: a run that is recorded as running is "crashed"
 * where its process is gone and "unknown" where run.json names no process or this system does not
 * tell. `process` is "process" of run.json, or NULL. */
const char *run_status(const char *recorded, const json_t *process);

/* Whether a folder has a run.json that is a file; `status` of that file where it is not NULL. */
bool run_exists(const char *folder, struct stat *status);
/* The object in FOLDER/run.json, with a status in it; the caller's. */
synrl_status run_read(struct core *core, const char *folder, json_t **json);
/* The last part of a path. */
const char *run_base(const char *folder);

/* The folders in a folder, by name, without those that begin with a point. */
struct run_entry {
    char *name;
    bool is_run; /* for the caller's use; false at first */
};
struct run_list {
    size_t n;
    struct run_entry *entries;
};
synrl_status run_list_read(struct core *core, const char *runs, struct run_list *list);
void run_list_free(struct core *core, struct run_list *list);
/* NULL where there is none of this name. */
struct run_entry *run_list_find(const struct run_list *list, const char *name);

/* The folder of the run that a person means by `word`: its name in `runs`, its path, or the
 * beginning of one name in `runs`. Freed by core_free. */
synrl_status run_find(struct core *core, const char *runs, const char *word, char **folder);

/* Removes a run's folder and the files in it. Refused, with nothing removed: what is not a run's
 * folder, one that holds anything but files, and, but for `force`, a run that is going on or may
 * be. */
synrl_status run_remove(struct core *core, const char *folder, bool force);

/* The runs of RUNS that were recorded by one call of the program: {"1": folder, ...} by their
 * number in that call. The caller's reference. Folders that are no runs are passed over. */
synrl_status run_siblings(struct core *core, const char *runs, const char *call, json_t **folders);

#endif
