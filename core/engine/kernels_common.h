/* SPDX-License-Identifier: MIT */
/* The inner loops that all instruction sets share, written in lanes. Each kernels_*.c includes
 * this, is compiled for its own instruction set, and replaces in its table what intrinsics do
 * better. */
#ifndef KERNELS_COMMON_H
#define KERNELS_COMMON_H

#include "engine/kernels.h"
#include "engine/lanes.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Unrolls a loop of a small constant number of iterations, so that arrays become registers. */
#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 32")
#endif

/* Calls tile(n, ...) with n constant, so that its accumulators stay in registers. */
#define CALL_TILE(tile, n, ...) \
    switch (n) {                \
    case 1:                     \
        tile(1, __VA_ARGS__);   \
        break;                  \
    case 2:                     \
        tile(2, __VA_ARGS__);   \
        break;                  \
    case 3:                     \
        tile(3, __VA_ARGS__);   \
        break;                  \
    case 4:                     \
        tile(4, __VA_ARGS__);   \
        break;                  \
    case 5:                     \
        tile(5, __VA_ARGS__);   \
        break;                  \
    case 6:                     \
        tile(6, __VA_ARGS__);   \
        break;                  \
    case 7:                     \
        tile(7, __VA_ARGS__);   \
        break;                  \
    case 8:                     \
        tile(8, __VA_ARGS__);   \
        break;                  \
    case 9:                     \
        tile(9, __VA_ARGS__);   \
        break;                  \
    case 10:                    \
        tile(10, __VA_ARGS__);  \
        break;                  \
    case 11:                    \
        tile(11, __VA_ARGS__);  \
        break;                  \
    case 12:                    \
        tile(12, __VA_ARGS__);  \
        break;                  \
    case 13:                    \
        tile(13, __VA_ARGS__);  \
        break;                  \
    case 14:                    \
        tile(14, __VA_ARGS__);  \
        break;                  \
    case 15:                    \
        tile(15, __VA_ARGS__);  \
        break;                  \
    default:                    \
        tile(16, __VA_ARGS__);  \
        break;                  \
    }

/* A block is this many vectors, and the sums of so many outputs for all of them fit in the
 * registers, with room for the operands. All vectors at once: a weight is loaded once for a block,
 * and no sum has to wait for its last addition alone. */
enum {
    N_VECTORS = SYNRL_LANES / WIDTH,
    TILE_OUTPUTS = WIDTH == 16 ? 16 : 12 / N_VECTORS,
    TILE_MAX = 16 /* of CALL_TILE */
};

/* The next tile's share of the outputs that are left: tiles of nearly equal size, at most `max`. */
static inline size_t tile_outputs(size_t left, size_t max) {
    const size_t n_tiles = (left + max - 1) / max;
    return (left + n_tiles - 1) / n_tiles;
}

/* Lattices ------------------------------------------------------------------------------------- */

static inline void common_count_changes(size_t n, const int8_t *actions, const int16_t *counters,
                                        size_t *counts) {
    for (size_t first = 0; first < n; first += 4096) { /* as many as 16-bit tallies can hold */
        const size_t end = n - first < 4096 ? n : first + 4096;
        int16_t reversed = 0, moving = 0, changed = 0;
        for (size_t i = first; i < end; i++) {
            const int16_t last = (int16_t)((counters[i] & 3) - 1), action = actions[i];
            reversed = (int16_t)(reversed + (action != -last));
            moving = (int16_t)(moving + (action != 0));
            changed = (int16_t)(changed + (action != last));
        }
        counts[0] += (size_t)reversed;
        counts[1] += (size_t)moving;
        counts[2] += (size_t)changed;
    }
}

static void common_advance(size_t n, int8_t factor, const int8_t *actions, int16_t *counters) {
    const int16_t step = (int16_t)(5 * factor);
    for (size_t i = 0; i < n; i++) {
        counters[i] = (int16_t)((counters[i] & ~3) + step * actions[i] + 1);
    }
}

static void common_lattice_values(size_t n, const float *w0, const int16_t *counters, float alpha,
                                  float *values) {
    for (size_t i = 0; i < n; i++) {
        values[i] = (float)((double)w0[i] + (double)alpha * (counters[i] >> 2));
    }
}

/* Projections ---------------------------------------------------------------------------------- */

/* Input i of one block. A macro for the reason given in lanes.h. */
#define LOAD_INPUT(x, groups, i)                                 \
    LANES_LOAD(x, (groups) + (i) / GROUP * GROUP * SYNRL_LANES); \
    (x) = (x) >> (int32_t)((i) % GROUP * 8) & 255

static void common_recount(size_t n_outputs, size_t n_inputs, const uint8_t *groups,
                           const int16_t *counters, int32_t *sums) {
    for (size_t o = 0; o < n_outputs; o++) {
        EACH_LANE(lane) {
            lanes_i32 sum = {0};
            for (size_t i = 0; i < n_inputs; i++) {
                lanes_i32 x;
                LOAD_INPUT(x, groups + lane * GROUP, i);
                sum += x * (counters[o * n_inputs + i] >> 2);
            }
            LANES_STORE(sums + o * SYNRL_LANES + lane, sum);
        }
    }
}

static void common_add_column(size_t n_outputs, size_t n_blocks, const int8_t *factors,
                              const int32_t *column, int32_t *sums) {
    for (size_t b = 0; b < n_blocks; b++, column += SYNRL_LANES) {
        for (size_t o = 0; o < n_outputs; o++, sums += SYNRL_LANES) {
            EACH_LANE(lane) {
                lanes_i32 sum, move;
                LANES_LOAD(move, column + lane);
                LANES_LOAD(sum, sums + lane);
                sum += move * factors[o];
                LANES_STORE(sums + lane, sum);
            }
        }
    }
}

/* Adds to the sums of n outputs what inputs of a block contribute; rows of weights are `stride`
 * apart. */
ALWAYS_INLINE void add_tile(const int n, size_t n_inputs, size_t stride, const float *weights,
                            const float *x, lanes_f32 sums[TILE_MAX][N_VECTORS]) {
    for (size_t i = 0; i < n_inputs; i++) {
        lanes_f32 values[N_VECTORS];
        UNROLLED
        for (int v = 0; v < N_VECTORS; v++) {
            LANES_LOAD(values[v], x + i * SYNRL_LANES + v * WIDTH);
        }
        UNROLLED
        for (int o = 0; o < n; o++) {
            const float weight = weights[(size_t)o * stride + i];
            UNROLLED
            for (int v = 0; v < N_VECTORS; v++) {
                sums[o][v] += values[v] * weight;
            }
        }
    }
}

/* Loops over the sums of n outputs: v is the vector of output o. */
#define EACH_SUM(n)               \
    UNROLLED                      \
    for (int o = 0; o < (n); o++) \
        UNROLLED                  \
    for (int v = 0; v < N_VECTORS; v++)

/* So many inputs are converted at once, since that many floats of a block and the weights of a tile
 * stay in the first-level cache. */
enum { CONVERTED = 256 };

ALWAYS_INLINE void base_tile(const int n, size_t n_inputs, size_t stride, const float *weights,
                             const float *x, float *base) {
    lanes_f32 sums[TILE_MAX][N_VECTORS];
    if (n > TILE_OUTPUTS) {
        return; /* never: CALL_TILE has more cases than there are registers */
    }
    EACH_SUM(n) {
        LANES_LOAD(sums[o][v], base + o * SYNRL_LANES + v * WIDTH);
    }
    add_tile(n, n_inputs, stride, weights, x, sums);
    EACH_SUM(n) {
        LANES_STORE(base + o * SYNRL_LANES + v * WIDTH, sums[o][v]);
    }
}

static void convert(size_t n_inputs, const uint8_t *groups, size_t first, float *x) {
    for (size_t i = 0; i < n_inputs; i++) {
        EACH_LANE(lane) {
            lanes_i32 bytes;
            LOAD_INPUT(bytes, groups + lane * GROUP, first + i);
            const lanes_f32 values = __builtin_convertvector(bytes, lanes_f32);
            LANES_STORE(x + i * SYNRL_LANES + lane, values);
        }
    }
}

static void common_base(size_t n_outputs, size_t n_inputs, const uint8_t *groups,
                        const float *weights, float scale, float *base) {
    float x[CONVERTED * SYNRL_LANES];
    memset(base, 0, n_outputs * SYNRL_LANES * sizeof *base);
    for (size_t first = 0, many; first < n_inputs; first += many) {
        many = n_inputs - first < CONVERTED ? n_inputs - first : CONVERTED;
        convert(many, groups, first, x);
        for (size_t o = 0, n; o < n_outputs; o += n) {
            n = tile_outputs(n_outputs - o, TILE_OUTPUTS);
            CALL_TILE(base_tile, n, many, n_inputs, weights + o * n_inputs + first, x,
                      base + o * SYNRL_LANES)
        }
    }
    for (size_t i = 0; i < n_outputs * SYNRL_LANES; i++) {
        base[i] *= scale;
    }
}

static void common_finish(size_t n_outputs, const float *base, const int32_t *sums, float unit,
                          const float *bias, float *z) {
    for (size_t i = 0; i < n_outputs * SYNRL_LANES; i += WIDTH) {
        lanes_f32 from, to;
        lanes_i32 sum;
        LANES_LOAD(from, base + i);
        LANES_LOAD(sum, sums + i);
        to = from + __builtin_convertvector(sum, lanes_f32) * unit;
        if (bias != NULL) {
            to += bias[i / SYNRL_LANES];
        }
        LANES_STORE(z + i, to);
    }
}

ALWAYS_INLINE void affine_tile(const int n, size_t n_inputs, const float *weights,
                               const float *bias, const float *x, float *z) {
    lanes_f32 sums[TILE_MAX][N_VECTORS];
    if (n > TILE_OUTPUTS) {
        return; /* never, as above */
    }
    EACH_SUM(n) {
        sums[o][v] = (lanes_f32){0};
    }
    add_tile(n, n_inputs, n_inputs, weights, x, sums);
    EACH_SUM(n) {
        if (bias != NULL) {
            sums[o][v] += bias[o];
        }
        LANES_STORE(z + o * SYNRL_LANES + v * WIDTH, sums[o][v]);
    }
}

static void common_affine(size_t n_outputs, size_t n_inputs, const float *weights,
                          const float *bias, const float *x, float *z) {
    for (size_t o = 0, n; o < n_outputs; o += n) {
        n = tile_outputs(n_outputs - o, TILE_OUTPUTS);
        CALL_TILE(affine_tile, n, n_inputs, weights + o * n_inputs, bias != NULL ? bias + o : NULL,
                  x, z + o * SYNRL_LANES)
    }
}

/* Choosing ------------------------------------------------------------------------------------- */

/* Each history's successor, without the newest digit. */
static inline void shift_table(uint32_t n_histories, uint8_t *shifted) {
    const uint32_t n_kept = n_histories / 3 > 0 ? n_histories / 3 : 1;
    for (uint32_t history = 0; history < n_histories; history++) {
        shifted[history] = (uint8_t)(n_histories > 1 ? history % n_kept * 3 : 0);
    }
}

static inline void choose_one(const struct greedy_map *map, const uint8_t *shifted, uint32_t word,
                              uint8_t *history, int8_t *action) {
    const unsigned explored =
        (unsigned)(word >= map->explore_end[0]) + (unsigned)(word >= map->explore_end[1]);
    const unsigned digit = word < map->explore_end[2] ? explored : map->action[*history];
    *action = (int8_t)((int)digit - 1);
    *history = (uint8_t)(map->n_histories > 1 ? shifted[*history] + digit : 0);
}

static inline void common_choose(const struct greedy_map *map, size_t n, const uint32_t *words,
                                 uint8_t *histories, int8_t *actions) {
    uint8_t shifted[SYNRL_HISTORIES_MAX];
    shift_table(map->n_histories, shifted);
    for (size_t i = 0; i < n; i++) {
        choose_one(map, shifted, words[i], &histories[i], &actions[i]);
    }
}

/* Mathematics ---------------------------------------------------------------------------------- */

/* Runs `function`, which takes WIDTH floats at a time, over n. */
#define OVER_ARRAY(width, load, function, store)    \
    size_t i = 0;                                   \
    for (; i + (width) <= n; i += (width)) {        \
        store(y + i, function(load(x + i)));        \
    }                                               \
    if (i < n) {                                    \
        float rest[width];                          \
        for (size_t j = 0; j < (width); j++) {      \
            rest[j] = x[i + j < n ? i + j : n - 1]; \
        }                                           \
        store(rest, function(load(rest)));          \
        memcpy(y + i, rest, (n - i) * sizeof *y);   \
    }

/* n independent registers per step: interleaving them hides instruction latency. */
#define EACH_REGISTER \
    UNROLLED          \
    for (int k = 0; k < n; k++)
enum {
    REGISTERS_MAX = WIDTH == 16 ? 5 : 4,
    TANH_REGISTERS = WIDTH == 16 ? 5 : 2,
    POWER_ROWS = REGISTERS_MAX / N_VECTORS
};

/* One step of each, in this order: gcc otherwise completes one register after the other. */
#define EACH_STEP(to, value)       \
    EACH_REGISTER {                \
        (to)[k] = (value);         \
        KEEP_IN_REGISTER((to)[k]); \
    }

#define ROUNDER 0x1.8p23F /* adding it rounds to integers */

/* x = p ln 2 + r: x becomes r, and shifted is p + ROUNDER. */
ALWAYS_INLINE void reduce_lanes(const int n, lanes_f32 *x, lanes_f32 *shifted) {
    lanes_f32 p[REGISTERS_MAX];
    EACH_REGISTER shifted[k] = x[k] * 1.44269504F + ROUNDER;
    EACH_REGISTER p[k] = shifted[k] - ROUNDER;
    EACH_REGISTER x[k] -= p[k] * 0.693145752F;
    EACH_REGISTER x[k] -= p[k] * 1.42860677e-06F; /* ln 2, in two pieces */
}

/* 2^p of p + ROUNDER, whose last bits are those of p. */
#define POWER_OF_TWO(shifted) \
    ((lanes_f32)(((lanes_i32)(shifted) - (lanes_i32)((lanes_f32){0} + ROUNDER) + 127) << 23))

/* x = e^x of lanes that are at most 0 or NaN; 0 below -87. A polynomial in r: that of SLEEF 3.5.1's
 * expf (u10), coefficients and order of operations, so the same bits. */
ALWAYS_INLINE void exp_of_lanes(const int n, lanes_f32 *x) {
    lanes_i32 is_tiny[REGISTERS_MAX];
    lanes_f32 shifted[REGISTERS_MAX], y[REGISTERS_MAX];
    EACH_REGISTER is_tiny[k] = x[k] < -87.0F;
    reduce_lanes(n, x, shifted);
    EACH_STEP(y, x[k] * 0.000198527618F + 0.00139304355F)
    EACH_STEP(y, y[k] * x[k] + 0.00833336078F)
    EACH_STEP(y, y[k] * x[k] + 0.0416664854F)
    EACH_STEP(y, y[k] * x[k] + 0.166666672F)
    EACH_STEP(y, y[k] * x[k] + 0.5F)
    EACH_STEP(y, x[k] * x[k] * y[k] + x[k])
    EACH_REGISTER y[k] = (1.0F + y[k]) * POWER_OF_TWO(shifted[k]);
    EACH_REGISTER x[k] = (lanes_f32)((lanes_i32)y[k] & ~is_tiny[k]);
}

/* x = tanh x = sign(x) e / (2 + e), e = e^2|x| - 1, by the same polynomial as in SLEEF 3.5.1's
 * tanhf (u35), with the same bits. */
ALWAYS_INLINE void tanh_of_lanes(const int n, lanes_f32 *x) {
    const lanes_f32 one = (lanes_f32){0} + 1.0F;
    lanes_f32 r[REGISTERS_MAX], shifted[REGISTERS_MAX], r2[REGISTERS_MAX], y[REGISTERS_MAX],
        low[REGISTERS_MAX], e[REGISTERS_MAX];
    EACH_REGISTER r[k] = (lanes_f32)((lanes_i32)x[k] & INT32_MAX) * 2.0F;
    reduce_lanes(n, r, shifted);
    EACH_REGISTER r2[k] = r[k] * r[k];
    EACH_REGISTER y[k] = r2[k] * r2[k] * (r[k] * 0.000198527618F + 0.00139304355F);
    EACH_REGISTER low[k] = r2[k] * (r[k] * 0.00833336078F + 0.0416664854F);
    EACH_REGISTER low[k] += r[k] * 0.166666672F + 0.5F;
    EACH_REGISTER y[k] = r2[k] * (y[k] + low[k]) + r[k];
    EACH_REGISTER e[k] = (y[k] + 1.0F) * POWER_OF_TWO(shifted[k]) - 1.0F;
    EACH_REGISTER {
        const lanes_i32 is_small = shifted[k] == ROUNDER; /* then y itself is e, exact near 0 */
        e[k] = (lanes_f32)(((lanes_i32)y[k] & is_small) | ((lanes_i32)e[k] & ~is_small));
    }
    EACH_REGISTER e[k] = e[k] / (2.0F + e[k]);
    EACH_REGISTER {
        const lanes_i32 sign = (lanes_i32)x[k] & INT32_MIN;
        const lanes_i32 is_one = (lanes_f32)((lanes_i32)x[k] & INT32_MAX) > 8.66433974F;
        x[k] = (lanes_f32)(((lanes_i32)one & is_one) | ((lanes_i32)e[k] & ~is_one) | sign);
    }
}

ALWAYS_INLINE void tanh_of_array(const int n, const float *x, float *y) {
    lanes_f32 lanes[REGISTERS_MAX];
    EACH_REGISTER LANES_LOAD(lanes[k], x + k * WIDTH);
    tanh_of_lanes(n, lanes);
    EACH_REGISTER LANES_STORE(y + k * WIDTH, lanes[k]);
}

static void common_tanh(size_t n, const float *x, float *y) {
    size_t i = 0;
    for (; n - i >= (size_t)TANH_REGISTERS * WIDTH; i += (size_t)TANH_REGISTERS * WIDTH) {
        tanh_of_array(TANH_REGISTERS, x + i, y + i);
    }
    for (; n - i >= WIDTH; i += WIDTH) {
        tanh_of_array(1, x + i, y + i);
    }
    if (i < n) {
        float rest[WIDTH] = {0};
        memcpy(rest, x + i, (n - i) * sizeof *x);
        tanh_of_array(1, rest, rest);
        memcpy(y + i, rest, (n - i) * sizeof *y);
    }
}

/* x = log x of lanes of at least 1; NaN of infinity or NaN. x = m 2^e, 0.75 <= m < 1.5, and a
 * polynomial in (m - 1) / (m + 1): that of SLEEF 3.5.1's logf (u35), with the same bits. */
ALWAYS_INLINE void log_of_lanes(lanes_f32 *x) {
    const lanes_i32 e = ((lanes_i32)(*x * 1.33333337F) >> 23) - 127;
    const lanes_f32 m = (lanes_f32)((lanes_i32)*x - (e << 23));
    const lanes_f32 q = (m - 1.0F) / (m + 1.0F), q2 = q * q;
    lanes_f32 y = q2 * 0.239282846F + 0.285182118F;
    y = y * q2 + 0.400005877F;
    y = y * q2 + 0.666666687F;
    y = y * q2 + 2.0F;
    y = q * y + __builtin_convertvector(e, lanes_f32) * 0.693147182F;
    *x = y + (*x - *x); /* 0 except for infinity and NaN */
}

/* sums += e^(x - most), row after row. */
ALWAYS_INLINE void add_powers(const int n_rows, const float *x, const lanes_f32 *most,
                              lanes_f32 *sums) {
    const int n = n_rows * N_VECTORS;
    lanes_f32 z[POWER_ROWS * N_VECTORS];
    EACH_REGISTER LANES_LOAD(z[k], x + k * WIDTH);
    EACH_REGISTER z[k] -= most[k % N_VECTORS];
    exp_of_lanes(n, z);
    EACH_REGISTER sums[k % N_VECTORS] += z[k];
}

/* All lanes of a row at once, since the chains of additions are long. */
static void common_log_sum_exp(size_t n_rows, const float *x, float *max, float *log_sum) {
    lanes_f32 most[N_VECTORS], sums[N_VECTORS];
    size_t row = 0;
    UNROLLED
    for (int v = 0; v < N_VECTORS; v++) {
        LANES_LOAD(most[v], x + v * WIDTH);
        sums[v] = (lanes_f32){0};
    }
    for (size_t i = 1; i < n_rows; i++) {
        UNROLLED
        for (int v = 0; v < N_VECTORS; v++) {
            lanes_f32 z;
            LANES_LOAD(z, x + i * SYNRL_LANES + v * WIDTH);
            most[v] = LANES_MAX(z, most[v]);
        }
    }
    for (; n_rows - row >= POWER_ROWS; row += POWER_ROWS) {
        add_powers(POWER_ROWS, x + row * SYNRL_LANES, most, sums);
    }
    for (; row < n_rows; row++) {
        add_powers(1, x + row * SYNRL_LANES, most, sums);
    }
    UNROLLED
    for (int v = 0; v < N_VECTORS; v++) {
        log_of_lanes(&sums[v]);
        LANES_STORE(max + v * WIDTH, most[v]);
        LANES_STORE(log_sum + v * WIDTH, sums[v]);
    }
}

typedef float half_f32 __attribute__((vector_size(2 * WIDTH)));
typedef double half_f64 __attribute__((vector_size(4 * WIDTH)));
typedef int64_t half_i64 __attribute__((vector_size(4 * WIDTH)));
typedef uint64_t half_u64 __attribute__((vector_size(4 * WIDTH)));
enum { HALF_WIDTH = WIDTH / 2 };

/* WIDTH terms at a time; after the last there are zeros, which do not count. The units, below 2^58,
 * are summed in two halves, so that 64 bits hold the sums of any number of terms. */
static bool common_tally(size_t n, const float *terms, float limit, double unit, int128 *sum) {
    half_u64 low = {0}, high = {0};
    lanes_i32 is_good = ~(lanes_i32){0};
    for (size_t i = 0; i < n; i += WIDTH) {
        lanes_f32 x = {0};
        half_f32 halves[2];
        if (n - i >= WIDTH) {
            LANES_LOAD(x, terms + i);
        } else {
            memcpy(&x, terms + i, (n - i) * sizeof *terms);
        }
        const lanes_i32 counts = (x >= 0.0F) & (x < limit);
        is_good &= counts;
        x = (lanes_f32)((lanes_i32)x & counts);
        memcpy(halves, &x, sizeof x);
        for (int half = 0; half < 2; half++) {
            const half_f64 exact = __builtin_convertvector(halves[half], half_f64) * unit;
            const half_i64 whole = __builtin_convertvector(exact, half_i64);
            const half_u64 units = (half_u64)whole;
            low += units & UINT32_MAX;
            high += units >> 32;
        }
    }
    uint64_t lows[WIDTH / 2], highs[WIDTH / 2], total_low = 0, total_high = 0;
    int32_t good[WIDTH], all_good = -1;
    memcpy(lows, &low, sizeof lows);
    memcpy(highs, &high, sizeof highs);
    memcpy(good, &is_good, sizeof good);
    for (size_t s = 0; s < WIDTH / 2; s++) {
        total_low += lows[s];
        total_high += highs[s];
    }
    for (size_t s = 0; s < WIDTH; s++) {
        all_good &= good[s];
    }
    *sum += ((int128)total_high << 32) + (int128)total_low;
    return all_good != 0;
}

/* The rows of struct kernels that are the same in every variant. */
#define COMMON_KERNELS                                                                             \
    .tanh = common_tanh, .log_sum_exp = common_log_sum_exp, .tally = common_tally,                 \
    .advance = common_advance, .lattice_values = common_lattice_values, .recount = common_recount, \
    .add_column = common_add_column, .base = common_base, .finish = common_finish,                 \
    .affine = common_affine

#endif
