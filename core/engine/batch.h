/* SPDX-License-Identifier: MIT */
/* Batches: samples packed for the inner loops. */
#ifndef BATCH_H
#define BATCH_H

#include "synrl/engine.h"

/* Makes a batch with room for n_samples of n_inputs each, still unfilled. Freed by
 * batch_destroy. */
synrl_status batch_create(const synrl_host *host, size_t n_samples, size_t n_inputs, bool bytes,
                          float scale, synrl_batch **batch);
void batch_destroy(synrl_batch *batch); /* NULL is allowed */
/* Packs the samples: sample s is row rows[s] of inputs [..][n_inputs] (rows NULL: row s), bytes or
 * floats as created. Lanes after the last sample get copies of it. Models must bind again. */
void batch_fill(synrl_batch *batch, const void *inputs, const uint32_t *rows);
/* This rank computes the values of blocks first .. end - 1 after each act, and of others only when
 * they are asked for. Whole tiles, but for the last; at first all blocks. */
void batch_set_own(synrl_batch *batch, size_t first, size_t end);
/* Consecutive passes alternate direction, so each starts with blocks that are still cached. Whether
 * the next pass runs from the last block to the first; and the change of direction after a pass. */
bool batch_is_reversed(const synrl_batch *batch);
void batch_reverse_order(synrl_batch *batch);

/* See synrl_engine_api. */
size_t batch_samples(const synrl_batch *batch);
size_t batch_blocks(const synrl_batch *batch);
size_t batch_inputs(const synrl_batch *batch);
void batch_values(const synrl_batch *batch, size_t block, float *x);
void batch_rows(const synrl_batch *batch, size_t first, size_t n, float *rows);

#endif
