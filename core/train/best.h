/* SPDX-License-Identifier: MIT */
/* The best weights of a run, by one of its metrics: kept beside the last. */
#ifndef BEST_H
#define BEST_H

#include "base/core.h"
#include "train/metrics.h"

/* All zero: nothing is kept. */
struct best {
    const char *name; /* of the metric */
    size_t metric;    /* its number */
    int better;       /* above (+1) or below (-1) */
    size_t n;
    float *weights; /* [n]; NULL: nothing is kept */
    bool has;       /* a finite value has been seen */
    uint64_t iteration;
    double value;
};

/* Resolves the name, which must outlive it, among the metrics of the run; better: +1, -1, or 0: as
 * the metric says. has_script: it may also be one that the script has in its first row; then
 * best_find_metric is due. SYNRL_INVALID where it is none, where nothing says which is better, or
 * where it is only known with a validation set and there is none. */
synrl_status best_start(struct best *best, struct core *core, const char *name, int better,
                        const struct metric_names *own, bool has_valid, bool has_script,
                        size_t n_synapses);
/* Once all metrics are known. SYNRL_INVALID where its own is none of them. */
synrl_status best_find_metric(struct best *best, struct core *core, const struct metric_names *own);
void best_clear(struct best *best, struct core *core);
/* Whether the metrics are better than all before: then the caller fills in best->weights. The first
 * of equal ones stays. */
bool best_improves(struct best *best, const struct metrics *metrics);

/* As of trainer_save; 0 bytes where nothing is kept. */
size_t best_state_size(const struct best *best);
void best_save(const struct best *best, void *state);
void best_load(struct best *best, const void *state);

#endif
