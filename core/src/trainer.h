/* One training run, from its options to its result. The trainer writes no file and prints nothing:
 * an observer does (recorder.h). */
#ifndef TRAINER_H
#define TRAINER_H

#include "component.h"
#include "dataset.h"
#include "synrl/model.h"

typedef enum batch_refresh {
    BATCH_REBASE = 0,      /* after a redraw the old loss is taken again, on the new batch */
    BATCH_AS_PUBLISHED = 1 /* the new batch's loss is compared with the old batch's */
} batch_refresh;

/* What is known after an iteration that is looked at. NaN: not known. */
struct metrics {
    uint64_t iteration; /* iterations done; 0: before the first */
    double loss;        /* on the batch */
    double accuracy;    /* on the batch, 0..1 */
    double reward_rate; /* share of rewarded iterations since the metrics before */
    double valid_loss, valid_accuracy;
    double alpha_s, epsilon;                    /* NaN where the rule has none */
    uint64_t sample_forwards, sample_backwards; /* since the start; validation not counted */
};

/* Asked by the trainer, on the calling thread. A status other than SYNRL_OK ends the run: with
 * SYNRL_STOPPED as interrupted, else as failed. NULL: not asked. */
struct observer {
    void *context;
    /* Every record_every iterations, at 0, at every evaluation, and at the last. */
    synrl_status (*record)(void *context, const struct metrics *metrics);
    /* After each iteration of a rule that steps: its reward. */
    synrl_status (*reward)(void *context, uint64_t iteration, int reward);
    /* Every checkpoint_every iterations, after all else of that iteration, and when the run is
     * interrupted: the moment to save. */
    synrl_status (*checkpoint)(void *context);
    /* Often (at least every 50 ms where iterations are short): for progress lines and signals. */
    synrl_status (*tick)(void *context, const struct metrics *latest);
};

struct train_options {
    const char *name;
    struct dataset *data;    /* required */
    struct dataset *valid;   /* or NULL */
    struct component *model; /* required, as the next two */
    struct component *loss;
    struct component *rule;
    uint64_t iterations;
    uint64_t seed;
    size_t batch_size;    /* 0: all of the data, always */
    uint64_t batch_every; /* iterations between redraws; 0: never */
    batch_refresh refresh;
    uint64_t record_every;     /* 0: max(1, iterations / 1000) */
    uint64_t evaluate_every;   /* 0: max(1, iterations / 100); only where there is `valid` */
    uint64_t checkpoint_every; /* 0: never */
    size_t checkpoint_keep;    /* how many of them; 0: 2 */
    /* The script's: called after each evaluation (or record, without `valid`). *stop = true ends
     * the run as "stopped: reason". */
    synrl_status (*decide)(void *context, const struct metrics *metrics, bool *stop, char *reason,
                           size_t reason_size);
    void *decide_context;
};

struct trainer;

/* Builds model and rule, binds the first batch; checks that everything fits together. Keeps
 * references to the objects of the options. Nothing is run yet. */
synrl_status trainer_create(struct core *core, const struct train_options *options,
                            struct trainer **made);
void trainer_destroy(struct trainer *trainer); /* NULL is allowed */
/* Runs the iterations that are left: none, where trainer_load brought a run that had ended.
 * Observers are told in the order given. */
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

/* All that a run is at this moment, between two iterations. A trainer made from the same options
 * that loads it goes on to the same bits. load: SYNRL_INVALID where the bytes do not fit; the
 * trainer may then load others, or be destroyed. */
size_t trainer_state_size(const struct trainer *trainer);
void trainer_save(const struct trainer *trainer, void *state);
synrl_status trainer_load(struct trainer *trainer, const void *state, size_t size);
/* After trainer_load, for each of the metrics recorded before: what the script decides by may
 * remember, so it is asked again. Only for the last can its answer be news. */
synrl_status trainer_retell(struct trainer *trainer, const struct metrics *metrics);

const struct train_options *trainer_options(const struct trainer *trainer);
const synrl_layout *trainer_layout(const struct trainer *trainer);
void trainer_weights(const struct trainer *trainer, float *weights); /* [n_synapses] */
const synrl_policy *trainer_policy(const struct trainer *trainer); /* of the rule; NULL: has none */

/* What a network answers on any data set, off the training path: draws no random number, changes
 * nothing that training sees. */
struct evaluation {
    size_t n_samples, n_outputs, n_classes;
    double loss;         /* NaN without a loss */
    double accuracy;     /* NaN where the data has no classes */
    float *outputs;      /* [n_samples][n_outputs] */
    int32_t *predicted;  /* [n_samples], or NULL without classes */
    uint64_t *confusion; /* [actual][predicted], or NULL without classes */
};
/* weights NULL: the initial weights of the model. loss NULL: none. Freed by evaluation_free. */
synrl_status evaluate(struct core *core, struct component *model, const float *weights,
                      size_t n_weights, struct component *loss, struct dataset *data,
                      struct evaluation *result);
void evaluation_free(struct core *core, struct evaluation *result);

#endif
