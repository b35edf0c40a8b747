/* SPDX-License-Identifier: MIT */
/* A credit, as its own files see it. */
#ifndef CREDIT_PRIVATE_H
#define CREDIT_PRIVATE_H

#include "engine/credit.h"
#include "engine/weights_private.h"

struct adder {      /* of one worker */
    int64_t *sums;  /* [n_synapses], then [n_rows of all tensors]: of the signal itself */
    float *slope;   /* [max_rows][SYNRL_LANES]: z, then f'(z) or f(z + reach) - f(z - reach) */
    float *signal;  /* [max_rows][SYNRL_LANES], of the present units */
    int8_t *bytes;  /* the same, for a signal of bytes */
    float *x;       /* [max_inputs][SYNRL_LANES], presynaptic */
    float *turned;  /* [SYNRL_LANES][max_stride]: x of the present block */
    float *block;   /* [max_rows][max_stride]: sums of the present block */
    int32_t *exact; /* the same, of bytes */
    bool is_infinite;
    const synrl_activation *lacking; /* that has no derivative; or NULL */
};

/* A tensor's signal during a pass, to be correlated with inputs of bytes after it. */
struct kept {
    int8_t *signal;  /* [n_blocks of the inputs][n_rows][SYNRL_LANES] */
    int32_t *sums;   /* [n_rows][n_row]: of CORRELATE_BLOCKS_MAX blocks */
    size_t capacity; /* bytes of signal */
    size_t n_row;
};

/* The sums of a tensor's inputs over the batch, for SYNRL_CENTRED. */
struct input_sums {
    double *bytes; /* [n_columns], integers; NULL for floats */
    float *means;  /* [n_columns] */
    size_t n;      /* samples, or windows of them */
    uint64_t bind; /* for which they were made; 0: none */
};

struct credit {
    const synrl_host *host;
    const synrl_layout *layout;
    const synrl_weights *weights;
    synrl_signal signal;
    const float *reach; /* [n_tensors]: of noise at a unit that the tensor drives */
    double limit;
    size_t n_sums, max_rows, max_inputs, max_stride;
    size_t *first_row;         /* [n_tensors]: the beginning of a tensor's sums of the signal */
    struct input_sums *inputs; /* [n_tensors], as many as the weights have sources */
    struct kept *kept;         /* [n_tensors] */
    size_t n_workers;
    struct adder *adders;
    int64_t *totals; /* [n_sums + 1] over all ranks, made where there are several */
};

/* Whether a tensor's credit is a sum of bytes times bytes: credit_exact.c. */
static inline bool credit_is_exact(const struct credit *credit, size_t t) {
    return credit->signal.bytes != NULL && credit->weights->tensors[t].projection != NULL &&
           credit->weights->tensors[t].inputs->is_bytes;
}

/* The sum of all workers. */
static inline int64_t credit_total(const struct credit *credit, size_t i) {
    int64_t sum = 0;
    for (size_t worker = 0; worker < credit->n_workers; worker++) {
        sum += credit->adders[worker].sums[i];
    }
    return sum;
}

struct input_work {
    const synrl_batch *batch;
    struct input_sums *sums;
};

/* A worker's share of the sums of inputs of bytes; the context is an input_work. */
void credit_sum_bytes(void *context, size_t worker, size_t n_workers);

/* Of an exact tensor: before the pass; one block, with the signal of the adder; and after the pass
 * the credit of all such tensors. */
synrl_status credit_begin_exact(struct credit *credit, size_t t);
/* A worker's share of it, for any tensor, before the pass. */
void credit_clear_sums(const struct credit *credit, size_t t, size_t worker, size_t n_workers);
void credit_add_exact(const struct credit *credit, struct adder *adder, size_t t, size_t block);
/* adds: this rank's blocks; finishes: makes credits of the sums over all blocks. */
void credit_correlate(const struct credit *credit, bool adds, bool finishes, double *credits);
void credit_free_kept(struct credit *credit);

#endif
