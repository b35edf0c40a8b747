/* SPDX-License-Identifier: MIT */
/* What a run is made of. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base/tensors.h"
#include "plugin/component.h"
#include "train/dataset.h"
#include "train/metrics.h"

typedef enum batch_refresh {
    BATCH_REBASE = 0,      /* after a redraw the old loss is taken again, on the new batch */
    BATCH_AS_PUBLISHED = 1 /* the new batch's loss is compared with the old batch's */
} batch_refresh;

/* What a script says of the metrics. */
struct decision {
    bool stop;        /* ends the run as "stopped: reason" */
    char reason[256]; /* why; "" */
    size_t n_metrics; /* of its own, which have good names that are not taken */
    struct own_metric {
        char name[METRIC_NAME_SIZE];
        double value;
    } metrics[METRICS_OWN_MAX];
};

struct train_options {
    const char *name;
    struct dataset *data;    /* required */
    struct dataset *valid;   /* or NULL */
    struct component *model; /* required, as the next two */
    struct component *loss;
    struct component *rule;
    /* The weights to begin with, in place of the model's own; NULL: its own. They must outlive the
     * making of the trainer. */
    const struct tensors *weights;
    uint64_t weights_hash; /* filled in by the trainer: of those weights; 0: none */
    uint64_t iterations;
    uint64_t seed;
    size_t batch_size;    /* 0: all of the data, always */
    uint64_t batch_every; /* iterations between redraws; 0: never */
    batch_refresh refresh;
    size_t reward_group;     /* samples that are paid together by local->rewards; 0: the batch */
    uint64_t record_every;   /* 0: max(1, iterations / 1000) */
    uint64_t evaluate_every; /* 0: max(1, iterations / 100); only where there is `valid` */
    /* The metric by which the best weights are kept beside the last, and which is better: above
     * (+1), below (-1), or as the metric itself says (0). NULL: only the last. */
    const char *keep;
    int keep_better;
    uint64_t checkpoint_every; /* 0: never */
    size_t checkpoint_keep;    /* how many of them; 0: 2 */
    /* The script's: called at each evaluation (or record, without `valid`), before the row is
     * recorded. The decision is zeroed. */
    synrl_status (*decide)(void *context, const struct metrics *metrics, struct decision *decision);
    void *decide_context;
    bool may_decide_metrics; /* a decision may have metrics */
};

#endif
