/* SPDX-License-Identifier: MIT */
/* Shared by the recorder's files. */
#ifndef RECORDER_PRIVATE_H
#define RECORDER_PRIVATE_H

#include <jansson.h>
#include <stdio.h>

#include "record/recorder.h"
#include "runs/changes.h"

struct recorder {
    struct core *core;
    struct trainer *trainer;
    bool pictures;
    bool is_complete; /* the run had ended before */
    char *folder;     /* made by this recorder, or that of the run it resumes; NULL at first */
    int lock;         /* the folder, open and locked; -1: none */
    bool is_locked;   /* whether the file system has such locks */
    void *state;      /* [trainer_state_size], or NULL before the first checkpoint */
    json_t *json;     /* of run.json */
    FILE *metrics;    /* open and locked during the run */
    bool has_heading; /* it begins with the names of its columns */
    double flushed;   /* when metrics was, by clock_seconds */
    FILE *rewards;    /* opened by the first reward */
    FILE *losses;     /* of rules that read losses */
    uint8_t bits;     /* rewards not yet written, the first in the lowest bit */
    uint64_t n_rewards;
    uint64_t bytes_before;      /* that ranks had exchanged before the run */
    char changes[CHANGES_SIZE]; /* that a resumed run was forced over; "": none */
};

/* The folder and its open files (recorder_files.c) */

/* NAME in the run's folder; freed by core_free. */
char *recorder_path(const struct recorder *recorder, const char *name);
/* Locks the folder for this process, until the recorder or the process ends. */
synrl_status recorder_lock(struct recorder *recorder);
synrl_status recorder_write_json(struct recorder *recorder);
/* fopen of a file of the folder. */
synrl_status recorder_open(const struct recorder *recorder, const char *name, const char *mode,
                           FILE **stream);
/* Whether everything written to the stream so far succeeded; `name` is for the message. */
synrl_status recorder_check_written(const struct recorder *recorder, FILE *stream,
                                    const char *name);
/* Closes the stream of that name, if it is open. */
synrl_status recorder_close_file(struct recorder *recorder, FILE **stream, const char *name);
/* Truncates a file to its former size, which it must have at least; opens it at its end. */
synrl_status recorder_cut_file(struct recorder *recorder, const char *name, uint64_t size);
synrl_status recorder_open_end(const struct recorder *recorder, const char *name, FILE **stream);
/* Brings what was written to the stream of that name, if it is open, to the disk. */
synrl_status recorder_sync_file(const struct recorder *recorder, FILE *stream, const char *name);
/* Opens metrics.csv with its first `size` bytes, which it must have, and locks it. */
synrl_status recorder_open_metrics(struct recorder *recorder, uint64_t size);
/* An empty metrics.csv: the names of its columns are known with its first row. */
synrl_status recorder_start_metrics(struct recorder *recorder);
/* Makes the folder, PARENT/TIME-NAME. It is hidden until run.json is in it, so that no kill can
 * leave a folder that is not a run. */
synrl_status recorder_start(struct recorder *recorder, const struct recorder_options *options);
/* Writes weights, [n_synapses], as named tensors; NULL: those of now. */
synrl_status recorder_write_weights(const struct recorder *recorder, const char *name,
                                    const float *weights);
/* Removes the folder of a run that failed to start. */
void recorder_abandon(struct recorder *recorder);
/* Removes the results of a failed run. */
void recorder_remove_results(const struct recorder *recorder);

/* Brings the recorder and its trainer to the state of the run in the folder options->resume
 * (recorder_resume.c). */
synrl_status recorder_resume(struct recorder *recorder, const struct recorder_options *options);

#endif
