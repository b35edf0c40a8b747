/* The weights as `units` and watches see them. */
#ifndef WEIGHTS_PRIVATE_H
#define WEIGHTS_PRIVATE_H

#include <stdatomic.h>

#include "engine/batch_private.h"
#include "engine/projection.h"
#include "engine/weights.h"

/* What tensors that read the inputs are bound to. */
struct input_source {
    synrl_window window;  /* kernel_height 0: the batch as it is */
    synrl_batch *windows; /* NULL: none yet, or none wanted */
};

struct tensor_weights { /* one of the two */
    synrl_projection *projection;
    synrl_lattice *lattice;
    size_t source; /* of a projection */
};

struct synrl_weights {
    const synrl_host *host;
    const synrl_layout *layout;
    struct tensor_weights *tensors; /* [n_tensors] */
    size_t n_sources;
    struct input_source *sources; /* [at most n_tensors] */
    const synrl_batch *batch;     /* NULL: not bound */
    int8_t *negated;              /* [n_synapses]: actions taken back */
    size_t sum_size;
    float *sums; /* [n_workers][sum_size]: of a later source; NULL where there is none */
    /* What `units` was handed that cannot be, and as which tensor; NULL: nothing. */
    _Atomic(const char *) misuse;
    _Atomic size_t misused;
};

/* The blocks that a projection takes at a position of a block of the batch. */
static inline const synrl_batch *weights_inputs(const synrl_weights *weights, size_t tensor) {
    const synrl_batch *windows = weights->sources[weights->tensors[tensor].source].windows;
    return windows != NULL ? windows : weights->batch;
}

static inline size_t weights_input_block(const synrl_weights *weights, const synrl_batch *inputs,
                                         size_t block, size_t position) {
    return inputs == weights->batch
               ? block
               : block * (inputs->n_blocks / weights->batch->n_blocks) + position;
}

/* How many groups of units a tensor drives as the first source. */
static inline size_t tensor_positions(const synrl_tensor *tensor) {
    const bool is_first = !tensor->is_bias && !tensor->is_later_source;
    return tensor->n_positions > 0 || !is_first ? tensor->n_positions : 1;
}

#endif
