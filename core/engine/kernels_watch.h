/* SPDX-License-Identifier: MIT */
/* What a watch does to the units of one block, and sums of it: for all instruction sets, as in
 * kernels_common.h. */
#ifndef KERNELS_WATCH_H
#define KERNELS_WATCH_H

#include "engine/fixed_point.h"
#include "engine/kernels_common.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#if WIDTH == 8
/* Sums of four rows at a time: those of bytes less -128, in eights, then of both halves. */
static size_t add_fours(size_t n_rows, const int8_t *signal, int64_t *sums) {
    const __m256i from_0 = _mm256_set1_epi8(INT8_MIN), zero = _mm256_setzero_si256();
    const __m256i offset = _mm256_set1_epi64x(SYNRL_LANES * INT8_MIN);
    size_t o = 0;
    for (; o + 4 <= n_rows; o += 4) {
        const __m256i *rows = (const __m256i *)(signal + o * SYNRL_LANES);
        const __m256i a = _mm256_sad_epu8(_mm256_xor_si256(_mm256_loadu_si256(rows), from_0), zero);
        const __m256i b =
            _mm256_sad_epu8(_mm256_xor_si256(_mm256_loadu_si256(rows + 1), from_0), zero);
        const __m256i both = /* rows 0, 2, 1, 3 */
            _mm256_add_epi64(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        const __m256i more = _mm256_add_epi64(_mm256_permute4x64_epi64(both, 0xD8), offset);
        __m256i *to = (__m256i *)(sums + o);
        _mm256_storeu_si256(to, _mm256_add_epi64(_mm256_loadu_si256(to), more));
    }
    return o;
}
#else
static size_t add_fours(size_t n_rows, const int8_t *signal, int64_t *sums) {
    (void)n_rows, (void)signal, (void)sums;
    return 0;
}
#endif

static void common_add_signal(size_t n_rows, const int8_t *signal, int64_t *sums) {
    for (size_t o = add_fours(n_rows, signal, sums); o < n_rows; o++) {
        const int8_t *row = signal + o * SYNRL_LANES;
#if defined(__SSE2__)
        const __m128i from_0 = _mm_set1_epi8(INT8_MIN),
                      bytes = _mm_loadu_si128((const __m128i *)row);
        const __m128i halves = _mm_sad_epu8(_mm_xor_si128(bytes, from_0), _mm_setzero_si128());
        sums[o] +=
            _mm_cvtsi128_si32(halves) + _mm_extract_epi16(halves, 4) + SYNRL_LANES * INT8_MIN;
#else
        int32_t sum = 0;
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            sum += row[s];
        }
        sums[o] += sum;
#endif
    }
}

static void common_add_noise(size_t n_rows, const uint32_t *words, float sigma, float *z) {
    EACH_LANE(lane) {
        uint32_t of_lanes[WIDTH];
        lanes_u32 bits;
        for (size_t s = 0; s < WIDTH; s++) {
            of_lanes[s] = UINT32_C(1) << (lane + s);
        }
        LANES_LOAD(bits, of_lanes);
        for (size_t o = 0; o < n_rows; o++) {
            lanes_f32 from;
            LANES_LOAD(from, z + o * SYNRL_LANES + lane);
            const lanes_i32 is_negative = (lanes_i32)((bits & words[o]) == 0);
            from += (lanes_f32)((is_negative & INT32_MIN) ^ (lanes_i32)((lanes_f32){0} + sigma));
            LANES_STORE(z + o * SYNRL_LANES + lane, from);
        }
    }
}

static void common_where_active(size_t n_rows, const float *y, const int8_t *signal,
                                int8_t *active) {
    for (size_t i = 0; i < n_rows * SYNRL_LANES; i++) {
        active[i] = (int8_t)(signal[i] & -((y[i] < 0.0F) | (y[i] > 0.0F)));
    }
}

/* Four inputs of four samples at a time. */
static void common_turn(size_t n_inputs, size_t stride, const float *x, float *turned) {
    typedef float four_f32 __attribute__((vector_size(16)));
    size_t i = 0;
    for (; i + 4 <= n_inputs; i += 4) {
        for (size_t s = 0; s < SYNRL_LANES; s += 4) {
            four_f32 a, b, c, d;
            LANES_LOAD(a, x + i * SYNRL_LANES + s);
            LANES_LOAD(b, x + (i + 1) * SYNRL_LANES + s);
            LANES_LOAD(c, x + (i + 2) * SYNRL_LANES + s);
            LANES_LOAD(d, x + (i + 3) * SYNRL_LANES + s);
            const four_f32 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            const four_f32 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
            const four_f32 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            const four_f32 cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            a = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
            b = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
            c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
            d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
            LANES_STORE(turned + s * stride + i, a);
            LANES_STORE(turned + (s + 1) * stride + i, b);
            LANES_STORE(turned + (s + 2) * stride + i, c);
            LANES_STORE(turned + (s + 3) * stride + i, d);
        }
    }
    for (; i < n_inputs; i++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            turned[s * stride + i] = x[i * SYNRL_LANES + s];
        }
    }
}

/* Adding 1.5 * 2^52 rounds to integers, which are the last bits of the sum. */
#define DOUBLE_ROUNDER 0x1.8p52
#define DOUBLE_ROUNDED_MAX 0x1p51

/* HALF_WIDTH values as units of 2^-24. A macro for the reason given in lanes.h. */
#define LOAD_UNITS(units, values)                                               \
    do {                                                                        \
        half_f32 floats;                                                        \
        LANES_LOAD(floats, (values));                                           \
        (units) = __builtin_convertvector(floats, half_f64) * FIXED_POINT_UNIT; \
    } while (0)

/* Adds `sign` times the units of all values but the last n % HALF_WIDTH; returns whether all are
 * within the bound. Sums wrap, so what was added can be taken back. */
ALWAYS_INLINE bool add_units(size_t n, const float *values, double bound, int64_t sign,
                             int64_t *sums) {
    const half_f64 rounder = (half_f64){0} + DOUBLE_ROUNDER;
    half_i64 is_good = ~(half_i64){0};
    int64_t good[HALF_WIDTH], all_good = -1;
    for (size_t i = 0; i + HALF_WIDTH <= n; i += HALF_WIDTH) {
        half_f64 units;
        half_u64 sum;
        LOAD_UNITS(units, values + i);
        LANES_LOAD(sum, sums + i);
        is_good &= (units <= bound) & (units >= -bound);
        const half_u64 rounded = (half_u64)(units + rounder) - (half_u64)rounder;
        sum += sign > 0 ? rounded : -rounded;
        LANES_STORE(sums + i, sum);
    }
    memcpy(good, &is_good, sizeof good);
    for (size_t s = 0; s < HALF_WIDTH; s++) {
        all_good &= good[s];
    }
    return all_good != 0;
}

static bool common_add_fixed_point(size_t n, const float *values, double limit, int64_t *sums) {
    const double bound = limit < DOUBLE_ROUNDED_MAX ? limit : DOUBLE_ROUNDED_MAX;
    bool is_good = add_units(n, values, bound, 1, sums);
    for (size_t i = n / HALF_WIDTH * HALF_WIDTH; i < n; i++) {
        is_good &= fabs((double)values[i] * FIXED_POINT_UNIT) <= bound;
    }
    if (!is_good) {
        add_units(n, values, bound, -1, sums);
        return false;
    }
    for (size_t i = n / HALF_WIDTH * HALF_WIDTH; i < n; i++) {
        fixed_point_add(&sums[i], (double)values[i], limit);
    }
    return true;
}

#define WATCH_KERNELS                                                   \
    .add_noise = common_add_noise, .where_active = common_where_active, \
    .add_signal = common_add_signal, .turn = common_turn,               \
    .add_fixed_point = common_add_fixed_point

#endif
