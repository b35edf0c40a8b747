/* SPDX-License-Identifier: MIT */
/* Single parts of the engine, for benchmarks. */
#include "engine/bench.h"

#include "engine/batch_private.h"
#include "engine/isa.h"

uint64_t engine_peak(const char *isa, uint64_t rounds) {
    const struct kernels *kernels = kernels_named(isa);
    return kernels != NULL && kernels->peak != NULL ? kernels->peak(rounds) : 0;
}

void engine_dense(const synrl_batch *batch, bool is_reversed, size_t n_outputs,
                  const int8_t *actions, int32_t *sums) {
    const size_t n_tiles = (batch->n_blocks + TILE_BLOCKS - 1) / TILE_BLOCKS;
    for (size_t i = 0; i < n_tiles; i++) {
        const size_t first = (is_reversed ? n_tiles - 1 - i : i) * TILE_BLOCKS;
        const size_t left = batch->n_blocks - first;
        kernels_in_use()->dense(n_outputs, batch->n_groups, left < TILE_BLOCKS ? left : TILE_BLOCKS,
                                batch_groups(batch, first), actions, n_outputs * SYNRL_LANES, sums);
    }
}

void engine_correlate(const synrl_batch *batch, size_t n_outputs, const int8_t *signal,
                      int32_t *sums) {
    const size_t n_row = batch->n_groups * GROUP;
    const struct correlation correlation = {.n_outputs = n_outputs,
                                            .n_groups = batch->n_groups,
                                            .n_blocks = batch->n_blocks,
                                            .stride = n_row * SYNRL_LANES,
                                            .groups = batch_groups(batch, 0),
                                            .signal = signal};
    kernels_in_use()->correlate(&correlation, n_row, sums);
}
