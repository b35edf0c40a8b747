/* The folder that a run leaves behind.
 *
 * run.json      config, seed, versions, plugin files and hashes, CPU, git commit; "status" is
 *               "running" until the end, then "done", "stopped" or "failed"
 * metrics.csv   one line a record: the same bytes for the same run, whatever machine or threads
 * policy.csv    the rule's policy, where it has one
 * weights.npz   one array a tensor, float32 (NumPy reads it)
 * rewards.bin   one reward bit an iteration, lowest bit first, where the rule steps
 * confusion.csv how often each class was answered as which, where there are classes
 * loss boundary policy confusion mistakes, as .svg and .png: pictures, where gnuplot is there
 *
 * The folder is made when the run starts and is complete when status is no longer "running". */
#ifndef RECORDER_H
#define RECORDER_H

#include "trainer.h"

struct recorder;

struct recorder_options {
    const char *folder;  /* where runs are kept, "runs" */
    const char *script;  /* the path of the script, or NULL */
    bool pictures;       /* draw if gnuplot can be found */
    const char *command; /* the command line that repeats the run, or NULL */
};

/* Makes the folder and run.json for a trainer about to run. Keeps a pointer to the trainer. */
synrl_status recorder_create(struct core *core, const struct trainer *trainer,
                             const struct recorder_options *options, struct recorder **made);
/* To be handed to trainer_run. */
struct observer recorder_observer(struct recorder *recorder);
/* After trainer_run: the run's end with its status; weights, policy, pictures, run.json. */
synrl_status recorder_finish(struct recorder *recorder, synrl_status outcome);
const char *recorder_folder(const struct recorder *recorder);
void recorder_destroy(struct recorder *recorder); /* without finish the run stays "running" */

/* A picture of a policy's greedy actions, SVG or PNG by the path's ending. SYNRL_UNSUPPORTED where
 * gnuplot cannot be found. */
synrl_status policy_draw(struct core *core, const synrl_policy *policy, const char *path);
/* The loss curve of a finished run as text of so many columns, by gnuplot's dumb terminal; freed by
 * core_free. */
synrl_status recorder_plot_text(const struct recorder *recorder, unsigned columns, char **text);

#endif
