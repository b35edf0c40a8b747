/* What is measured of a run while it goes on. */
#ifndef METRICS_H
#define METRICS_H

#include <stdint.h>

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

#endif
