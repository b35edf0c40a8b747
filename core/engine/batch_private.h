/* SPDX-License-Identifier: MIT */
/* A packed batch, as the engine's other parts see it. */
#ifndef BATCH_PRIVATE_H
#define BATCH_PRIVATE_H

#include "engine/batch.h"
#include "engine/kernels.h"
#include "engine/pool.h"

struct synrl_batch {
    const synrl_host *host;
    size_t n_samples, n_inputs, n_blocks;
    /* Of a batch of windows: windows per sample, and samples; else 1 and n_samples. */
    size_t n_windows, n_sampled;
    bool is_bytes;
    float scale;
    /* Bytes are packed twice: see kernels.h. */
    size_t n_groups;
    uint8_t *groups;           /* [n_blocks][n_groups][16][4] */
    uint8_t *rows;             /* [n_tiles][n_inputs][TILE / 64][16][4] */
    float *floats;             /* floats: [n_blocks][n_inputs][16] */
    size_t own_first, own_end; /* the blocks of this rank; whole tiles but for the last */
    bool is_reversed;          /* the next pass goes from the last block to the first */
    /* The source, during packing. */
    const void *inputs;
    const uint32_t *sources;
};

static inline const uint8_t *batch_groups(const synrl_batch *batch, size_t block) {
    return batch->groups + block * batch->n_groups * GROUP * SYNRL_LANES;
}

/* The rows of the tile that begins with this block. */
static inline const uint8_t *batch_rows_of(const synrl_batch *batch, size_t block) {
    return batch->rows + block / TILE_BLOCKS * batch->n_inputs * TILE;
}

static inline const float *batch_floats(const synrl_batch *batch, size_t block) {
    return batch->floats + block * batch->n_inputs * SYNRL_LANES;
}

/* The number of a block's lanes that are samples, or windows of them, rather than copies of the
 * last. */
static inline size_t batch_lanes(const synrl_batch *batch, size_t block) {
    const size_t left = batch->n_sampled - block / batch->n_windows * SYNRL_LANES;
    return left < SYNRL_LANES ? left : SYNRL_LANES;
}

/* One worker's share of this rank's blocks, in whole tiles. */
static inline void batch_share(const synrl_batch *batch, size_t worker, size_t n_workers,
                               size_t *first, size_t *end) {
    pool_share(batch->own_end - batch->own_first, TILE_BLOCKS, worker, n_workers, first, end);
    *first += batch->own_first;
    *end += batch->own_first;
}

#endif
