/* SPDX-License-Identifier: MIT */
/* The weights, for `units` and watches. */
#ifndef WEIGHTS_PRIVATE_H
#define WEIGHTS_PRIVATE_H

#include <stdatomic.h>

#include "engine/batch_private.h"
#include "engine/projection.h"
#include "engine/weights.h"

/* The batch, or its windows, to which tensors are bound. */
struct input_source {
    synrl_window window;  /* kernel_height 0: the batch itself */
    synrl_batch *windows; /* NULL: none yet, or none needed */
};

struct tensor_weights {
    synrl_projection *projection; /* one of the two */
    synrl_lattice *lattice;
    size_t n_rows, n_columns;
    /* What `units` may ask for: positions as the first source and as a later one are below these;
     * how many units it can be the bias of. 0: none. */
    size_t first_end, later_end, bias_rows;
    /* Of a projection: what it reads; and while bound, its blocks are n_windows * block + position,
     * or with n_windows 0, block. */
    size_t source;
    const synrl_batch *inputs;
    size_t n_windows;
};

struct synrl_weights {
    const synrl_host *host;
    const synrl_layout *layout;
    size_t n_tensors;
    struct tensor_weights *tensors; /* [n_tensors] */
    size_t n_sources;
    struct input_source *sources; /* [at most n_tensors] */
    const synrl_batch *batch;     /* NULL: not bound */
    uint64_t n_binds;             /* so far */
    int8_t *negated;              /* [n_synapses]: actions taken back */
    size_t sum_size;
    float *sums;     /* [n_workers][sum_size]: of a later source; NULL where there is none */
    synrl_pass pass; /* see weights_set_pass */
    size_t scratch_size;
    /* The error in the arguments of `units`, and the tensor; NULL: none. */
    _Atomic(const char *) misuse;
    _Atomic size_t misused;
};

/* The block of a projection's inputs that belongs to a block of the batch. */
static inline size_t input_block(const struct tensor_weights *tensor, size_t block,
                                 size_t position) {
    return tensor->n_windows == 0 ? block : block * tensor->n_windows + position;
}

#endif
