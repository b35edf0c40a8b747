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

static void common_add_signal(size_t n_rows, const int8_t *signal, int64_t *sums) {
    for (size_t o = 0; o < n_rows; o++, signal += SYNRL_LANES) {
#if defined(__SSE2__)
        const __m128i from_0 = _mm_set1_epi8(INT8_MIN),
                      bytes = _mm_loadu_si128((const __m128i *)signal);
        const __m128i halves = _mm_sad_epu8(_mm_xor_si128(bytes, from_0), _mm_setzero_si128());
        sums[o] +=
            _mm_cvtsi128_si32(halves) + _mm_extract_epi16(halves, 4) + SYNRL_LANES * INT8_MIN;
#else
        int32_t sum = 0;
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            sum += signal[s];
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

static bool common_add_fixed_point(size_t n, const float *values, double limit, int64_t *sums) {
    const double bound = limit < DOUBLE_ROUNDED_MAX ? limit : DOUBLE_ROUNDED_MAX;
    const half_f64 rounder = (half_f64){0} + DOUBLE_ROUNDER;
    half_i64 is_good = ~(half_i64){0};
    int64_t good[HALF_WIDTH], all_good = -1;
    half_f64 units;
    size_t i = 0;
    for (; i + HALF_WIDTH <= n; i += HALF_WIDTH) {
        LOAD_UNITS(units, values + i);
        is_good &= (units <= bound) & (units >= -bound);
    }
    memcpy(good, &is_good, sizeof good);
    for (size_t s = 0; s < HALF_WIDTH; s++) {
        all_good &= good[s];
    }
    for (size_t j = i; j < n; j++) {
        all_good &= -(int64_t)(fabs((double)values[j] * FIXED_POINT_UNIT) <= bound);
    }
    if (all_good == 0) {
        return false;
    }
    for (size_t j = i; j < n; j++) {
        fixed_point_add(&sums[j], (double)values[j], limit);
    }
    for (i = 0; i + HALF_WIDTH <= n; i += HALF_WIDTH) {
        half_i64 sum;
        LOAD_UNITS(units, values + i);
        LANES_LOAD(sum, sums + i);
        sum += (half_i64)(units + rounder) - (half_i64)rounder;
        LANES_STORE(sums + i, sum);
    }
    return true;
}

#define WATCH_KERNELS                                                   \
    .add_noise = common_add_noise, .where_active = common_where_active, \
    .add_signal = common_add_signal, .turn = common_turn,               \
    .add_fixed_point = common_add_fixed_point

#endif
