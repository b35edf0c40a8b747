/* SPDX-License-Identifier: MIT */
/* Single parts of the engine, for benchmarks. */
#ifndef ENGINE_BENCH_H
#define ENGINE_BENCH_H

#include "synrl/engine.h"

/* Runs only the multiply-accumulate instruction of one variant's dense path, to measure this
 * machine's peak. Returns the number of multiply-accumulates; 0 where this machine does not support
 * the variant, or the variant has no such instruction. */
uint64_t engine_peak(const char *isa, uint64_t rounds);
/* Only the dense path's inner loop, over a batch, from its last tile to its first if is_reversed:
 * the batch's bytes times actions [n_outputs][n_inputs], n_inputs a multiple of 4, into sums
 * [SYNRL_TILE_BLOCKS][n_outputs][SYNRL_LANES], tile after tile. */
void engine_dense(const synrl_batch *batch, bool is_reversed, size_t n_outputs,
                  const int8_t *actions, int32_t *sums);

/* Only the inner loop of credit, over a batch: the batch's bytes times a signal
 * [n_blocks][n_outputs][SYNRL_LANES], added to sums [n_outputs][n_inputs], n_inputs a multiple of
 * 4. */
void engine_correlate(const synrl_batch *batch, size_t n_outputs, const int8_t *signal,
                      int32_t *sums);

#endif
