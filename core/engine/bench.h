/* Parts of the engine by themselves, for benchmarks. */
#ifndef ENGINE_BENCH_H
#define ENGINE_BENCH_H

#include "synrl/engine.h"

/* Runs the multiply-accumulate instruction of one variant's dense path and nothing else, to see
 * what this machine's peak is. Returns how many multiply-accumulates that was; 0 where this machine
 * does not have the variant, or the variant no such instruction. */
uint64_t engine_peak(const char *isa, uint64_t rounds);
/* The dense path's inner loop alone, over a batch, from its last tile to its first if `backwards`:
 * its bytes times actions [n_outputs][n_inputs], n_inputs a multiple of 4, into sums
 * [SYNRL_TILE_BLOCKS][n_outputs][SYNRL_LANES], tile after tile. */
void engine_dense(const synrl_batch *batch, bool backwards, size_t n_outputs, const int8_t *actions,
                  int32_t *sums);

#endif
