/* SPDX-License-Identifier: MIT */
/* Correlations of the bytes of inputs with a signal of their units: exact sums over samples. Each
 * variant includes this, and brings its own inner loop.
 *
 * The inner loop needs the 16 samples of one input side by side, as the signal has them; a batch
 * has the 4 inputs of a group side by side. So the blocks of one group are turned into a strip,
 * which all units then use. A strip and its signals stay in the first-level cache. */
#ifndef KERNELS_CORRELATE_H
#define KERNELS_CORRELATE_H

#include "engine/kernels_common.h"

enum {
    STRIP_BLOCKS = 48,
    STRIP_OUTPUTS = 32,
    STRIP_LINE = GROUP * SYNRL_LANES /* bytes of a group in one block */
};

/* One group, n_blocks blocks, and the signals of some units: those of the same block are side by
 * side, `stride` bytes from those of the next. */
struct strip {
    size_t n_blocks, stride;
    size_t n_exact; /* of the caller of correlate_by_strips */
    _Alignas(64) uint8_t bytes[STRIP_BLOCKS][GROUP][SYNRL_LANES];
};

/* Turns the 64 bytes of a group [16][4] into [4][16]. */
typedef void turn_function(const uint8_t *group, uint8_t *turned);
/* sums [n_outputs][4], n_row apart, += strip . signal */
typedef void strip_function(const struct strip *strip, size_t n_outputs, const int8_t *signal,
                            size_t n_row, int32_t *sums);

ALWAYS_INLINE void correlate_by_strips(turn_function turn, strip_function add,
                                       const struct correlation *c, size_t n_exact, size_t n_row,
                                       int32_t *sums) {
    struct strip strip;
    strip.n_exact = n_exact;
    strip.stride = c->n_outputs * SYNRL_LANES;
    for (size_t b = 0; b < c->n_blocks; b += STRIP_BLOCKS) {
        strip.n_blocks = c->n_blocks - b < STRIP_BLOCKS ? c->n_blocks - b : STRIP_BLOCKS;
        for (size_t o = 0; o < c->n_outputs; o += STRIP_OUTPUTS) {
            const size_t left = c->n_outputs - o;
            const int8_t *signal = c->signal + b * strip.stride + o * SYNRL_LANES;
            for (size_t g = 0; g < c->n_groups; g++) {
                const uint8_t *group = c->groups + b * c->stride + g * STRIP_LINE;
                for (size_t k = 0; k < strip.n_blocks; k++) {
                    turn(group + k * c->stride, strip.bytes[k][0]);
                    __builtin_prefetch(group + k * c->stride + STRIP_LINE); /* the next group */
                }
                add(&strip, left < STRIP_OUTPUTS ? left : STRIP_OUTPUTS, signal, n_row,
                    sums + o * n_row + g * GROUP);
            }
        }
    }
}

/* Of floats, one block -------------------------------------------------------------------------- */

/* The sum of 16 lanes by halves, of WIDTH inputs at once: lane s with lane s + 8, then s + 4, s +
 * 2, s + 1. */
ALWAYS_INLINE lanes_f32 sum_by_halves(const float *x, size_t stride, const float *signal) {
    lanes_f32 sums[SYNRL_LANES];
    UNROLLED
    for (int s = 0; s < SYNRL_LANES; s++) {
        LANES_LOAD(sums[s], x + (size_t)s * stride);
        sums[s] *= signal[s];
    }
    UNROLLED
    for (int half = SYNRL_LANES / 2; half > 0; half /= 2) {
        UNROLLED
        for (int s = 0; s < half; s++) {
            sums[s] += sums[s + half];
        }
    }
    return sums[0];
}

static void common_correlate_floats(size_t n_outputs, size_t n_inputs, size_t stride,
                                    const float *turned, const float *signal, float *sums) {
    for (size_t o = 0; o < n_outputs; o++) {
        for (size_t i = 0; i < n_inputs; i += WIDTH) {
            const lanes_f32 sum = sum_by_halves(turned + i, stride, signal + o * SYNRL_LANES);
            LANES_STORE(sums + o * stride + i, sum);
        }
    }
}

#endif
