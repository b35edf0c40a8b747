/* SPDX-License-Identifier: MIT */
/* The folder that a run leaves.
 *
 * run.json      config, seed, versions, what was read, with hashes, CPU, git commit; the call and
 * the process; "status" is "running" until the end, then "done", "stopped" by the script,
 *               "diverged", "interrupted" by a signal, or "failed"
 * metrics.csv   one line per record: the same bytes for the same run on any machine and threads
 * script.lua    the script, as it was when the run began
 * policy.csv    the rule's policy, if it has one; policy-HASH.csv: one that a component began with
 * weights.npz   one array per tensor, float32, for NumPy
 * rewards.bin   one reward bit per iteration, lowest bit first, if the rule steps
 * checkpoint-*  states to resume from (checkpoint.h): the final one, or the last ones before
 * confusion.csv counts of predicted classes for each actual class, if there are classes
 * loss boundary policy confusion mistakes, as .svg and .png: pictures, if gnuplot is installed
 *
 * The folder is created when the run starts and is complete when status is no longer "running". */
#ifndef RECORDER_H
#define RECORDER_H

#include "record/invocation.h"
#include "train/trainer.h"

struct recorder;

struct recorder_options {
    const char *folder;                  /* where runs are kept, "runs" */
    const char *script;                  /* the path of the script, or NULL */
    bool pictures;                       /* draw if gnuplot is installed */
    const char *command;                 /* the command line that repeats the run, or NULL */
    const struct invocation *invocation; /* or NULL */
    const char *resume;                  /* the folder of the run to resume; NULL: a new run */
    uint64_t iterations; /* train the run to resume to this number, more than it has; 0: its own */
    bool force_changed;  /* resume even if files that the run depends on have changed */
    bool follows_longer; /* a run before it, whose result it may use, was trained longer */
};

/* Creates the folder and run.json for a trainer that has not run yet. Keeps a pointer to the
 * trainer.
 *
 * To resume, the trainer must be new, its config the recorded one, and what it depends on
 * unchanged. It is brought to the newest intact checkpoint (a damaged one is named in a warning),
 * and what was recorded after it is cut off; without a checkpoint the run starts again, unless it
 * had ended and is to be trained longer, which is refused. Refused while another process writes
 * the folder. */
synrl_status recorder_create(struct core *core, struct trainer *trainer,
                             const struct recorder_options *options, struct recorder **made);
/* Whether the run to resume had ended: then nothing more is recorded, and trainer_run only reports
 * its end. */
bool recorder_is_complete(const struct recorder *recorder);
/* Whether the run was or is to be trained longer than the script says. */
bool recorder_is_longer(const struct recorder *recorder);
/* The observer to pass to trainer_run. */
struct observer recorder_observer(struct recorder *recorder);
/* After trainer_run: writes weights, policy, pictures, and the run's end and status into
 * run.json. */
synrl_status recorder_finish(struct recorder *recorder, synrl_status outcome);
const char *recorder_folder(const struct recorder *recorder);
void recorder_destroy(struct recorder *recorder); /* without finish the run stays "running" */

/* The loss curve of a finished run as text of a number of columns, by gnuplot's dumb terminal;
 * freed by core_free. */
synrl_status recorder_plot_text(const struct recorder *recorder, unsigned columns, char **text);

#endif
