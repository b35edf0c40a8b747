/* Losses. The environment sums a loss's per-sample terms exactly (in fixed point, so that no order
 * matters) and the loss says what the sum means.
 *
 * Samples come in blocks of SYNRL_LANES: value v of sample s of a block is at [v * SYNRL_LANES +
 * s]. Lanes behind the last sample hold copies of it; what they yield is ignored. */
#ifndef SYNRL_LOSS_H
#define SYNRL_LOSS_H

#include "host.h"
#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SYNRL_LANES 16

typedef enum synrl_target_format {
    SYNRL_TARGET_VECTORS = 1, /* floats; a data set's labels are handed over one-hot */
    SYNRL_TARGET_LABELS = 2   /* class numbers */
} synrl_target_format;

typedef struct synrl_targets { /* of one block; one of the two is set */
    const float *vectors;      /* [n_outputs][SYNRL_LANES] */
    const int32_t *labels;     /* [SYNRL_LANES] */
} synrl_targets;

typedef struct synrl_loss_ops {
    uint32_t size;
    synrl_target_format target_format; /* which targets it wants */
    /* terms[s], one a sample of the block, at least 0. A NaN, or a term of 2^26 and above, makes
     * the whole loss infinite. Called by many workers at once. */
    void (*terms)(const synrl_host *host, const void *config, size_t n_outputs,
                  const float *outputs, const synrl_targets *targets, float *terms);
    /* The loss, from the sum of all terms; must not fall where the sum rises. */
    double (*finish)(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs);
    /* Optional: slope = d loss / d outputs for one block, given the sum over all of the batch. */
    void (*gradient)(const synrl_host *host, const void *config, size_t n_outputs,
                     const float *outputs, const synrl_targets *targets, double sum,
                     size_t n_samples, float *slope);
} synrl_loss_ops;

#ifdef __cplusplus
}
#endif
#endif
