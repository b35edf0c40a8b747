/* SPDX-License-Identifier: MIT */
/* Run folders: finding, listing and removing them, and their present status. Their contents:
 * recorder.h. Nothing here follows a symbolic link to a folder or to a run.json. */
#ifndef RUNS_H
#define RUNS_H

#include <jansson.h>
#include <sys/stat.h>

#include "base/core.h"

#define RUN_FILE "run.json"

/* The values of run_status, one by one; NULL past the last. */
const char *run_status_name(size_t i);

/* Whether a run recorded with this status has come to its end, and so has results. */
bool run_is_complete(const char *recorded);

/* The present status of the run in a folder, which may differ from the recorded one. A run recorded
 * as running is "running" while a process holds its lock, wherever it runs, or is alive; "crashed"
 * where its process is gone; and "unknown" where that cannot be told: run.json names no process, or
 * one on another machine. `process` is "process" of run.json, or NULL. */
const char *run_status(struct core *core, const char *folder, const char *recorded,
                       const json_t *process);

/* Whether a folder has a run.json that is a file; status, unless NULL, gets its stat. */
bool run_exists(const char *folder, struct stat *status);
/* The object in FOLDER/run.json, which has a status; the caller's reference. */
synrl_status run_read(struct core *core, const char *folder, json_t **json);
/* The last part of a path. */
const char *run_base(const char *folder);

/* The folders in a folder, sorted by name, without hidden ones. */
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
/* NULL where the list has no such name. */
struct run_entry *run_list_find(const struct run_list *list, const char *name);

/* Resolves a word given by the user to a run's folder, freed by core_free: its path, the name of a
 * folder in `runs`, a unique beginning of one, or what follows the time in it, or a beginning of
 * that, where it is of only one run. */
synrl_status run_find(struct core *core, const char *runs, const char *word, char **folder);

/* Removes a run's folder and the files in it. Refuses, and then removes nothing, if it is not a
 * run's folder, if it contains anything but files or, without `force`, if the run is or may be
 * running. */
synrl_status run_remove(struct core *core, const char *folder, bool force);

/* The runs in `runs` that were recorded by one call of the program: {"1": folder, ...} by their
 * ordinal in that call. The caller's reference. Folders that are not runs are skipped. */
synrl_status run_siblings(struct core *core, const char *runs, const char *call, json_t **folders);

#endif
