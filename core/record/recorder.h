/* The folder that a run leaves behind.
 *
 * run.json      config, seed, versions, plugin files and hashes, CPU, git commit; the call and the
 *               process; "status" is "running" until the end, then "done", "stopped" by the script,
 *               "interrupted" by a signal, or "failed"
 * metrics.csv   one line a record: the same bytes for the same run, whatever machine or threads
 * policy.csv    the rule's policy, where it has one
 * weights.npz   one array a tensor, float32 (NumPy reads it)
 * rewards.bin   one reward bit an iteration, lowest bit first, where the rule steps
 * checkpoint-*  states to go on from (checkpoint.h): that of the end, or the last ones before
 * confusion.csv how often each class was answered as which, where there are classes
 * loss boundary policy confusion mistakes, as .svg and .png: pictures, where gnuplot is there
 *
 * The folder is made when the run starts and is complete when status is no longer "running". */
#ifndef RECORDER_H
#define RECORDER_H

#include "train/trainer.h"

struct recorder;

/* How the program was called, so that it can be called again: one call may record several runs. */
struct invocation {
    const char *id;
    uint64_t ordinal;   /* of the run among those of the call, from 1 */
    const char *folder; /* the working folder; NULL: not known */
    size_t n_overrides;
    const char *const *overrides; /* "key=value" */
    bool has_seed;
    uint64_t seed;
    const char *cell;  /* the hash of the sweep's cell that the call is for, or NULL */
    const char *place; /* SWEEP:CELL in the script, where the sweep is the script's; or NULL */
};

struct recorder_options {
    const char *folder;                  /* where runs are kept, "runs" */
    const char *script;                  /* the path of the script, or NULL */
    bool pictures;                       /* draw if gnuplot can be found */
    const char *command;                 /* the command line that repeats the run, or NULL */
    const struct invocation *invocation; /* or NULL */
    const char *resume;                  /* the folder of the run to go on with; NULL: a new one */
};

/* Makes the folder and run.json for a trainer about to run. Keeps a pointer to the trainer.
 *
 * To resume, the trainer is one just made; its config must be the recorded one. It is brought to
 * the newest checkpoint that is whole (a damaged one is named in a warning), and what was recorded
 * after that moment is cut off; without a checkpoint the run begins again. No other process may be
 * at work on the folder. */
synrl_status recorder_create(struct core *core, struct trainer *trainer,
                             const struct recorder_options *options, struct recorder **made);
/* Whether the run that was to be resumed had ended: there is nothing to record any more, and
 * trainer_run only tells how it ended. */
bool recorder_is_complete(const struct recorder *recorder);
/* To be handed to trainer_run. */
struct observer recorder_observer(struct recorder *recorder);
/* After trainer_run: the run's end with its status; weights, policy, pictures, run.json. */
synrl_status recorder_finish(struct recorder *recorder, synrl_status outcome);
const char *recorder_folder(const struct recorder *recorder);
void recorder_destroy(struct recorder *recorder); /* without finish the run stays "running" */

/* The loss curve of a finished run as text of so many columns, by gnuplot's dumb terminal; freed by
 * core_free. */
synrl_status recorder_plot_text(const struct recorder *recorder, unsigned columns, char **text);

#endif
