/* SPDX-License-Identifier: MIT */
/* The inner loops, one set per instruction set; all give the same bits.
 *
 * The bytes of a batch are packed twice, each time with the sixteen samples of a block in lanes of
 * four bytes: in `groups` [block][group of 4 inputs][16][the 4 inputs], and in `rows`, for the
 * sparse path, [tile of 16 blocks][input][quad of 4 blocks][16][the 4 blocks].
 *
 * A counter holds a synapse's position on the lattice and its last action: 4 k + (action + 1). */
#ifndef KERNELS_H
#define KERNELS_H

#include "engine/choose.h"
#include "engine/math.h"
#include "synrl/engine.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "lanes are taken apart lowest byte first");

enum { GROUP = 4, QUAD = 4, TILE_BLOCKS = SYNRL_TILE_BLOCKS, TILE = TILE_BLOCKS * SYNRL_LANES };

/* For this many acts k stays within 16 bits less the two for the last action. */
enum { COUNTER_ACTS_MAX = 8190, COUNTER_START = 1 };

/* A step of one weight matrix, before its lattice advances: actions [n_outputs][n_inputs], of which
 * all but a few are c times the last ones. */
struct change {
    size_t n_outputs, n_inputs;
    const int8_t *actions;
    const int16_t *counters;
    int32_t c;
};

/* What correlates: the groups [n_groups][16][4] of n_blocks blocks, `stride` bytes apart, with the
 * signal [n_blocks][n_outputs][16]. */
struct correlation {
    size_t n_outputs, n_groups, n_blocks, stride;
    const uint8_t *groups;
    const int8_t *signal;
};

/* 255 * 128 * 16 for so many blocks is below 2^31. */
enum { CORRELATE_BLOCKS_MAX = 4096 };

struct kernels {
    const char *name;
    size_t sparse_threshold; /* the sparse path is faster below one change per this many synapses */
    /* 64 words per group, from the first group on: see synrl_stream. */
    void (*words)(synrl_stream stream, uint64_t first_group, size_t n_groups, uint32_t *out);
    /* See engine_peak; NULL where there is no such instruction. */
    uint64_t (*peak)(uint64_t rounds);
    void (*exp)(size_t n, const float *x, float *y);
    void (*log)(size_t n, const float *x, float *y);
    void (*tanh)(size_t n, const float *x, float *y);
    void (*sin)(size_t n, const float *x, float *y);
    void (*cos)(size_t n, const float *x, float *y);
    void (*log_sum_exp)(size_t n_rows, const float *x, float *max, float *log_sum);
    /* Adds terms times `unit`, each truncated to an integer; false where one is not within 0 ..
     * limit. */
    bool (*tally)(size_t n, const float *terms, float limit, double unit, int128 *sum);
    /* Actions and shifted histories of n synapses from their words; the map has no ties. */
    void (*choose)(const struct greedy_map *map, size_t n, const uint32_t *words,
                   uint8_t *histories, int8_t *actions);
    /* counts[c + 1] += the number of actions that are not c times the last one, for c = -1, 0,
     * 1. */
    void (*count_changes)(size_t n, const int8_t *actions, const int16_t *counters, size_t *counts);
    /* Acts by factor * actions, both in {-1, 0, 1}. */
    void (*advance)(size_t n, int8_t factor, const int8_t *actions, int16_t *counters);
    /* values[i] = (float)((double)w0[i] + (double)alpha * k) */
    void (*lattice_values)(size_t n, const float *w0, const int16_t *counters, float alpha,
                           float *values);
    /* sums += groups . actions [n_outputs][4 n_groups], exactly, for n_blocks blocks whose groups
     * are consecutive and whose sums [n_outputs][16] are `stride` apart. */
    void (*dense)(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
                  const int8_t *actions, size_t stride, int32_t *sums);
    /* For tiles of n_blocks blocks in all, the last first if is_reversed: deltas = c * deltas +
     * rows . (actions - c * last actions); sums += deltas; both [n_blocks][n_outputs][16]. */
    void (*sparse)(const struct change *change, bool is_reversed, const uint8_t *rows,
                   size_t n_blocks, int32_t *deltas, int32_t *sums);
    /* sums [n_blocks][n_outputs][16] += factors[o] * column [n_blocks][16], factors in {-1, 0,
     * 1}. */
    void (*add_column)(size_t n_outputs, size_t n_blocks, const int8_t *factors,
                       const int32_t *column, int32_t *sums);
    /* sums [n_outputs][16] = groups of one block . k */
    void (*recount)(size_t n_outputs, size_t n_inputs, const uint8_t *groups,
                    const int16_t *counters, int32_t *sums);
    /* base [n_outputs][16] = scale * (sum over ascending i of (float)byte_i * weights[o][i]), of
     * one block. */
    void (*base)(size_t n_outputs, size_t n_inputs, const uint8_t *groups, const float *weights,
                 float scale, float *base);
    /* z [n_outputs][16] = base + unit * (float)sums, + bias[o] unless NULL. */
    void (*finish)(size_t n_outputs, const float *base, const int32_t *sums, float unit,
                   const float *bias, float *z);
    /* z[o][s] = (sum over ascending i of weights[o][i] * x[i][s]), + bias[o] unless NULL. */
    void (*affine)(size_t n_outputs, size_t n_inputs, const float *weights, const float *bias,
                   const float *x, float *z);
    /* z [n_rows][16] += sigma where the lane's bit of the row's word is 1, else -sigma. */
    void (*add_noise)(size_t n_rows, const uint32_t *words, float sigma, float *z);
    /* active [n_rows][16] = signal, but 0 where y is 0 or NaN. */
    void (*where_active)(size_t n_rows, const float *y, const int8_t *signal, int8_t *active);
    /* sums[o] += the sum of signal [o][16] */
    void (*add_signal)(size_t n_rows, const int8_t *signal, int64_t *sums);
    /* turned [16][stride] = x [n_inputs][16] */
    void (*turn)(size_t n_inputs, size_t stride, const float *x, float *turned);
    /* sums += values in units of 2^-24, rounded: see fixed_point.h. False, and nothing is added,
     * where one is not within the limit, or needs more than 51 bits. */
    bool (*add_fixed_point)(size_t n, const float *values, double limit, int64_t *sums);
    /* sums [n_outputs][4 n_groups], rows `n_row` apart, += the sum over samples of input * signal,
     * exactly, for at most CORRELATE_BLOCKS_MAX blocks. */
    void (*correlate)(const struct correlation *correlation, size_t n_row, int32_t *sums);
    /* sums [n_outputs][stride]: of x[s][i] * signal[o][s] over the samples s of one block, added by
     * halves: s and s + 8, then s + 4, s + 2, s + 1. x is [16][stride]; stride, a multiple of 16,
     * is n_inputs or more. */
    void (*correlate_floats)(size_t n_outputs, size_t n_inputs, size_t stride, const float *x,
                             const float *signal, float *sums);
};

/* NULL where this machine or this build does not support it. */
const struct kernels *kernels_scalar(void);
const struct kernels *kernels_avx2(void);
const struct kernels *kernels_avx512(void);
const struct kernels *kernels_amx(void);

#endif
