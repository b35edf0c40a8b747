/* SPDX-License-Identifier: MIT */
/* One training run, from its options to its result. The trainer writes no file and prints nothing:
 * an observer does (recorder.h). */
#ifndef TRAINER_H
#define TRAINER_H

#include "synrl/model.h"
#include "train/best.h"
#include "train/metrics.h"
#include "train/options.h"

/* Asked by the trainer, on the calling thread. A status other than SYNRL_OK ends the run: with
 * SYNRL_STOPPED as interrupted, else as failed. NULL: not asked. */
struct observer {
    void *context;
    /* Every record_every iterations, at 0, at every evaluation, and at the last. */
    synrl_status (*record)(void *context, const struct metrics *metrics);
    /* After each iteration of a rule that steps: its reward. */
    synrl_status (*reward)(void *context, uint64_t iteration, int reward);
    /* After each iteration of a rule that reads losses and nothing more: those it could see, before
     * its step (NaN: none) and after. */
    synrl_status (*losses)(void *context, uint64_t iteration, const double losses[2]);
    /* Every checkpoint_every iterations, after all else of that iteration, and when the run is
     * interrupted: the moment to save. */
    synrl_status (*checkpoint)(void *context);
    /* Often (at least every 50 ms where iterations are short): for progress lines and signals. */
    synrl_status (*tick)(void *context, const struct metrics *latest);
};

struct trainer;

/* Builds model and rule, binds the first batch; checks that everything fits together. Keeps
 * references to the objects of the options. Nothing is run yet. */
synrl_status trainer_create(struct core *core, const struct train_options *options,
                            struct trainer **made);
void trainer_destroy(struct trainer *trainer); /* NULL is allowed */
/* Runs the iterations that are left: none, where trainer_load brought a run that had ended.
 * Observers are notified in the order given. */
synrl_status trainer_run(struct trainer *trainer, size_t n_observers,
                         const struct observer *observers);

struct summary {
    uint64_t iterations;   /* done */
    struct metrics last;   /* with accuracy and validation as at the end */
    double seconds;        /* of trainer_run, by a monotonic clock */
    uint64_t weights_hash; /* XXH3-64 of the weights as trainer_run left them, little-endian floats;
                              0 before */
    uint64_t seed;
    char stopped[256]; /* why it ended before its time; "" where it did not */
};
void trainer_summary(const struct trainer *trainer, struct summary *summary);

/* Whether the run came to its end, by its iterations or by the script's wish: not interrupted. */
bool trainer_has_ended(const struct trainer *trainer);
/* Whether it has ended with a loss that is not finite. */
bool trainer_has_diverged(const struct trainer *trainer);

/* All that a run is at this moment, between two iterations. A trainer made from the same options
 * that loads it continues to the same bits; with more iterations, one that had all of its own
 * continues too, if its rule did nothing at its end (SYNRL_UNSUPPORTED). load: SYNRL_INVALID where
 * the bytes do not fit; the trainer may then load others, or be destroyed. */
size_t trainer_state_size(const struct trainer *trainer);
synrl_status trainer_save(struct trainer *trainer, void *state);
synrl_status trainer_load(struct trainer *trainer, const void *state, size_t size);
/* Before trainer_load: runs to this number of iterations, what it loads having been saved on the
 * way to `former`, the same or fewer. All else stays as the options were. */
void trainer_set_iterations(struct trainer *trainer, uint64_t former, uint64_t iterations);
/* After trainer_load: the script's own metrics in the rows recorded before, of whose columns the
 * first are the rule's. SYNRL_INVALID where there are too many, or where the metric by which the
 * best weights are kept is not among them. */
synrl_status trainer_set_columns(struct trainer *trainer, size_t n, const char *const *names);
/* Then for each of the metrics recorded before: what the script decides by may remember, so it is
 * asked again. Only for the last can its answer be news. */
synrl_status trainer_replay_metrics(struct trainer *trainer, const struct metrics *metrics);
/* At last: whether the present iteration has a row. Without one that is due, it gets it in
 * trainer_run: the script was interrupted when it was asked. */
void trainer_set_recorded(struct trainer *trainer, bool is_recorded);

/* Whether the rule says all that it remembers, so that a run can be saved and continued. */
bool trainer_can_resume(const struct trainer *trainer);
/* Whether the run can be replayed from its transcript. */
bool trainer_can_replay(const struct trainer *trainer);
/* Whether `losses` is called. */
bool trainer_records_losses(const struct trainer *trainer);

/* The names of the metrics that the rule reports of itself, and from the first row on of those that
 * the script does. */
const struct metric_names *trainer_metric_names(const struct trainer *trainer);
const struct train_options *trainer_options(const struct trainer *trainer);
/* What the network is judged by: the validation set, its classes numbered as those of the training
 * set, or without one the training set. */
struct dataset *trainer_judged_data(const struct trainer *trainer);
const synrl_layout *trainer_layout(const struct trainer *trainer);
void trainer_weights(const struct trainer *trainer, float *weights); /* [n_synapses] */
/* The same by name; freed by tensors_free. */
synrl_status trainer_tensors(struct core *core, const struct trainer *trainer,
                             struct tensors *tensors);
/* The best weights so far; their `weights` are NULL where the options keep none. */
const struct best *trainer_best(const struct trainer *trainer);
/* Those that the options gave it to begin with, [n_synapses]; NULL: the model's own. */
const float *trainer_initial(const struct trainer *trainer);
const synrl_policy *trainer_policy(const struct trainer *trainer); /* of the rule; NULL: has none */

#endif
