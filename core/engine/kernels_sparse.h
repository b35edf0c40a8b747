/* SPDX-License-Identifier: MIT */
/* The sparse path: adds rows of bytes where actions changed. Each variant includes this.
 *
 * The inputs of one output whose action changed are listed by the change, +1, -1, +2 or -2, so that
 * the loops over rows have no branch per row. Rows are added as 16-bit words, wrapping, and their
 * high bytes separately: the sums of the low bytes follow from both, no byte is ever widened, and a
 * word's low and high half are two blocks' sums for the same lane. */
#ifndef KERNELS_SPARSE_H
#define KERNELS_SPARSE_H

#include "engine/kernels_common.h"

enum {
    SEGMENT = 1024,         /* inputs whose changes are listed at a time, ... */
    LISTED_OUTPUTS = 16,    /* ... and outputs */
    BYTES_IN_16_BITS = 128, /* 16 bits hold the sum of this many bytes, and of as many subtracted */
    N_PARTS = 4,            /* registers of a row that are added up together, ... */
    PART_BYTES = 4 * WIDTH,
    BLOCKS_AT_ONCE = N_PARTS * WIDTH / SYNRL_LANES * QUAD /* ... which belong to these blocks */
};

struct change_lists {
    size_t n[4];
    uint16_t inputs[4][SEGMENT + 32]; /* 32 may be written past the end */
};

/* Lists the changes of up to SEGMENT inputs: actions - c * last actions. */
typedef void list_function(struct change_lists *lists, size_t n_inputs, const int8_t *actions,
                           const int16_t *counters, int32_t c);

/* A part of a row, two bytes per word. */
typedef uint16_t part_words __attribute__((vector_size(4 * WIDTH)));

/* How to update the deltas and sums of some blocks, `stride` apart: deltas = c * deltas + (the
 * rows' sum << shift); sums += deltas, unless NULL. */
struct target {
    int32_t c;
    int shift;
    size_t n_blocks, stride;
    int32_t *deltas, *sums;
};

/* The lanes of one block from `lane` on. */
ALWAYS_INLINE void finish_lanes(const struct target *to, size_t block, size_t lane,
                                const lanes_i32 *total) {
    if (block >= to->n_blocks) {
        return;
    }
    int32_t *deltas = to->deltas + block * to->stride + lane;
    lanes_i32 delta = *total << to->shift;
    if (to->c != 0) {
        lanes_i32 before;
        LANES_LOAD(before, deltas);
        delta = to->c > 0 ? delta + before : delta - before;
    }
    LANES_STORE(deltas, delta);
    if (to->sums != NULL) {
        int32_t *sums = to->sums + block * to->stride + lane;
        lanes_i32 sum;
        LANES_LOAD(sum, sums);
        sum += delta;
        LANES_STORE(sums, sum);
    }
}

ALWAYS_INLINE void finish_part(const struct target *to, size_t part, const part_words *words,
                               const part_words *high) {
    const lanes_u32 low = (lanes_u32)(*words - (*high << 8)), top = (lanes_u32)*high;
    const lanes_i32 blocks[QUAD] = {(lanes_i32)(low << 16) >> 16, (lanes_i32)(top << 16) >> 16,
                                    (lanes_i32)low >> 16, (lanes_i32)top >> 16};
    const size_t first = part * WIDTH;
    UNROLLED
    for (size_t b = 0; b < QUAD; b++) {
        finish_lanes(to, first / SYNRL_LANES * QUAD + b, first % SYNRL_LANES, &blocks[b]);
    }
}

/* The parts are variables, not an array: gcc 12 keeps arrays that loops share in memory. */
#define EACH_PART(do_part) \
    do_part(0);            \
    do_part(1);            \
    do_part(2);            \
    do_part(3)
#define CLEAR_PART(p)                     \
    words_##p = high_##p = (part_words) { \
        0                                 \
    }
#define DOUBLE_PART(p) words_##p <<= 1, high_##p <<= 1
#define FINISH_PART(p) finish_part(&to, p, &words_##p, &high_##p)
/* The words are used twice. */
#define LOAD_PART(p)                                   \
    LANES_LOAD(words, row + (p) * (size_t)PART_BYTES); \
    KEEP_IN_REGISTER(words)
#define ADD_PART(p)     \
    LOAD_PART(p);       \
    words_##p += words; \
    high_##p += words >> 8
#define SUBTRACT_PART(p) \
    LOAD_PART(p);        \
    words_##p -= words;  \
    high_##p -= words >> 8
#define EACH_ROW(list, first, do_part)                                                    \
    for (size_t i = (first); i < lists->n[list] && i < (first) + BYTES_IN_16_BITS; i++) { \
        const uint8_t *row = rows + (size_t)lists->inputs[list][i] * TILE;                \
        EACH_PART(do_part);                                                               \
    }

/* Adds one segment's changes to one output's deltas in BLOCKS_AT_ONCE, and with the last segment
 * the deltas to its sums. In one step where 16 bits hold all changes, doubled ones included. */
static void sparse_blocks(const struct change_lists *lists, const uint8_t *rows, struct target to) {
    part_words words, words_0, words_1, words_2, words_3, high_0, high_1, high_2, high_3;
    EACH_PART(CLEAR_PART);
    if (lists->n[0] + 2 * lists->n[2] <= BYTES_IN_16_BITS &&
        lists->n[1] + 2 * lists->n[3] <= BYTES_IN_16_BITS) {
        EACH_ROW(2, 0, ADD_PART)
        EACH_ROW(3, 0, SUBTRACT_PART)
        EACH_PART(DOUBLE_PART);
        EACH_ROW(0, 0, ADD_PART)
        EACH_ROW(1, 0, SUBTRACT_PART)
        EACH_PART(FINISH_PART);
        return;
    }
    int32_t *sums = to.sums;
    size_t most = 0;
    for (int list = 0; list < 4; list++) {
        most = lists->n[list] > most ? lists->n[list] : most;
    }
    for (size_t first = 0; first < most; first += BYTES_IN_16_BITS) {
        for (int list = 0; list < 4; list += 2) {
            const bool is_end = list == 2 && first + BYTES_IN_16_BITS >= most;
            EACH_PART(CLEAR_PART);
            EACH_ROW(list, first, ADD_PART)
            EACH_ROW(list + 1, first, SUBTRACT_PART)
            to.shift = list / 2;
            to.sums = is_end ? sums : NULL;
            EACH_PART(FINISH_PART);
            to.c = 1;
        }
    }
}

/* Skips inputs that have not changed, eight at a time where none of them has. */
static inline void common_list_changes(struct change_lists *lists, size_t n_inputs,
                                       const int8_t *actions, const int16_t *counters, int32_t c) {
    static const uint8_t list_of[] = {3, 1, 0, 0, 2}; /* by change, -2 .. 2 */
    int8_t changes[SEGMENT + 8];
    for (size_t i = 0; i < n_inputs; i++) {
        changes[i] = (int8_t)(actions[i] - (int8_t)c * (int8_t)((counters[i] & 3) - 1));
    }
    memset(changes + n_inputs, 0, 8);
    memset(lists->n, 0, sizeof lists->n);
    for (size_t first = 0; first < n_inputs; first += 8) {
        uint64_t eight;
        memcpy(&eight, changes + first, sizeof eight);
        while (eight != 0) {
            const size_t byte = (size_t)__builtin_ctzll(eight) / 8;
            const size_t list = list_of[changes[first + byte] + 2];
            lists->inputs[list][lists->n[list]++] = (uint16_t)(first + byte);
            eight &= ~((uint64_t)255 << byte * 8);
        }
    }
}

/* See struct kernels. Tile after tile, so that a tile's bytes stay in cache for all outputs. */
ALWAYS_INLINE void sparse_by_lists(list_function *list_changes, const struct change *change,
                                   bool is_reversed, const uint8_t *rows, size_t n_blocks,
                                   int32_t *deltas, int32_t *sums) {
    struct change_lists lists[LISTED_OUTPUTS];
    const size_t n_outputs = change->n_outputs, n_inputs = change->n_inputs;
    const size_t stride = n_outputs * SYNRL_LANES;
    for (size_t at = 0; at < n_outputs; at += LISTED_OUTPUTS) {
        const size_t n_listed = n_outputs - at < LISTED_OUTPUTS ? n_outputs - at : LISTED_OUTPUTS;
        for (size_t first = 0; first < n_inputs; first += SEGMENT) {
            const size_t n = n_inputs - first < SEGMENT ? n_inputs - first : SEGMENT;
            const bool is_last = first + n == n_inputs;
            for (size_t o = 0; o < n_listed; o++) {
                const size_t from = (at + o) * n_inputs + first;
                list_changes(&lists[o], n, change->actions + from, change->counters + from,
                             change->c);
            }
            for (size_t i = 0; i < n_blocks; i += BLOCKS_AT_ONCE) {
                const size_t b =
                    is_reversed ? (n_blocks - 1 - i) / BLOCKS_AT_ONCE * BLOCKS_AT_ONCE : i;
                const uint8_t *tile = rows + (b / TILE_BLOCKS * n_inputs + first) * (size_t)TILE +
                                      b % TILE_BLOCKS / QUAD * (size_t)(QUAD * SYNRL_LANES);
                for (size_t o = 0; o < n_listed; o++) {
                    const size_t to = b * stride + (at + o) * SYNRL_LANES;
                    const size_t left = n_blocks - b;
                    sparse_blocks(&lists[o], tile,
                                  (struct target){.c = first == 0 ? change->c : 1,
                                                  .n_blocks = left < BLOCKS_AT_ONCE
                                                                  ? left
                                                                  : (size_t)BLOCKS_AT_ONCE,
                                                  .stride = stride,
                                                  .deltas = deltas + to,
                                                  .sums = is_last ? sums + to : NULL});
                }
            }
        }
    }
}

#endif
