/* SPDX-License-Identifier: MIT */
/* Losses. The environment sums a loss's terms, one per sample, exactly (in fixed point, so that no
 * order matters), and the loss says what the sum means.
 *
 * Samples come in blocks of SYNRL_LANES: value v of sample s of a block is at
 * [v * SYNRL_LANES + s]. Lanes past the last sample hold copies of it; what they yield is ignored.
 */
#ifndef SYNRL_LOSS_H
#define SYNRL_LOSS_H

#include "activation.h"
#include "host.h"
#include "plugin.h"
#include "rows.h"
#include "shape.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum synrl_target_format {
    SYNRL_TARGET_VECTORS = 1, /* floats; the labels of a data set are handed over one-hot */
    SYNRL_TARGET_LABELS = 2   /* class numbers */
} synrl_target_format;

/* What a loss says about the outputs. */
enum {
    /* They are logits of the classes: softmax(outputs) are probabilities, which `synrl predict` and
     * result:predict report. */
    SYNRL_LOSS_LOGITS = 1
};

typedef struct synrl_loss_block {
    uint32_t size;
    size_t n_outputs;
    const float *outputs;  /* [n_outputs][SYNRL_LANES] */
    const float *targets;  /* SYNRL_TARGET_VECTORS: [n_outputs][SYNRL_LANES] */
    const int32_t *labels; /* SYNRL_TARGET_LABELS: [SYNRL_LANES] */
} synrl_loss_block;

typedef struct synrl_loss_ops {
    uint32_t size;
    synrl_target_format target_format; /* which targets it wants */
    /* [worker] terms[s], one per sample of the block, at least 0. A NaN, or a term of 2^26 and
     * above, makes the whole loss infinite. */
    void (*terms)(const synrl_host *host, const void *config, const synrl_loss_block *block,
                  float *terms);
    /* [main] The loss, from the sum of all terms; must not fall where the sum rises. */
    double (*finish)(const synrl_host *host, const void *config, double sum, size_t n_samples,
                     size_t n_outputs);
    /* Optional. [worker] slope [n_outputs][SYNRL_LANES] = d loss / d outputs for one block, given
     * the sum over the whole batch. */
    void (*gradient)(const synrl_host *host, const void *config, const synrl_loss_block *block,
                     double sum, size_t n_samples, float *slope);
    /* Optional. [main] Refuses data or outputs that the loss cannot be taken of. */
    synrl_status (*check)(const synrl_host *host, const void *config, const synrl_shape *shape,
                          size_t n_outputs);
    uint32_t traits; /* since ABI 3.6: SYNRL_LOSS_LOGITS or 0 */
} synrl_loss_ops;

#define SYNRL_LOSS(id, version, summary, source, params_, ...)                             \
    static const synrl_loss_ops synrl_ops = {.size = sizeof(synrl_loss_ops), __VA_ARGS__}; \
    const synrl_plugin synrl_plugin_entry = {                                              \
        SYNRL_ENTRY(SYNRL_KIND_LOSS, id, version, summary, source), params_, .ops = &synrl_ops}

#ifdef __cplusplus
}
#endif
#endif
