/* SPDX-License-Identifier: MIT */
/* The inner loops for AVX-512 with VNNI, VBMI and VBMI2. Compiled for these; called where the CPU
 * supports them. */
#include "engine/kernels.h"
#include "engine/kernels_amx.h"

#if defined(__AVX512VNNI__) && defined(__AVX512VBMI2__)

#include <immintrin.h>
#include <sleef.h>

#include "engine/kernels_correlate.h"
#include "engine/kernels_sparse.h"
#include "engine/kernels_watch.h"

/* Philox4x32-10 on the sixteen counters of a group at once, one register per word of the
 * counter. */
ALWAYS_INLINE void multiply(__m512i x, uint32_t factor, __m512i *high, __m512i *low) {
    const __m512i m = _mm512_set1_epi32((int)factor);
    const __m512i even = _mm512_mul_epu32(x, m);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), m);
    *low = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
    *high = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
}

static void words(synrl_stream stream, uint64_t first_group, size_t n_groups, uint32_t *out) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (size_t g = 0; g < n_groups; g++, out += 64) {
        const uint32_t first = (uint32_t)((first_group + g) * 16);
        __m512i c0 = _mm512_add_epi32(_mm512_set1_epi32((int)first), lane);
        __m512i c1 = _mm512_set1_epi32((int)(uint32_t)stream.iteration);
        __m512i c2 = _mm512_set1_epi32((int)(uint32_t)(stream.iteration >> 32));
        __m512i c3 = _mm512_set1_epi32((int)stream.purpose);
        uint32_t k0 = (uint32_t)stream.seed, k1 = (uint32_t)(stream.seed >> 32);
        for (int round = 0; round < 10; round++, k0 += 0x9E3779B9U, k1 += 0xBB67AE85U) {
            __m512i high0, low0, high2, low2;
            multiply(c0, 0xD2511F53U, &high0, &low0);
            multiply(c2, 0xCD9E8D57U, &high2, &low2);
            c0 = _mm512_xor_si512(_mm512_xor_si512(high2, c1), _mm512_set1_epi32((int)k0));
            c2 = _mm512_xor_si512(_mm512_xor_si512(high0, c3), _mm512_set1_epi32((int)k1));
            c1 = low2;
            c3 = low0;
        }
        _mm512_storeu_si512(out, c0);
        _mm512_storeu_si512(out + 16, c1);
        _mm512_storeu_si512(out + 32, c2);
        _mm512_storeu_si512(out + 48, c3);
    }
}

/* The mask of those of 64 words that are below `end`, 0 .. 2^32. */
ALWAYS_INLINE __mmask64 words_below(const uint32_t *words, uint64_t end) {
    if (end == 0) {
        return 0;
    }
    const __m512i last = _mm512_set1_epi32((int)(uint32_t)(end - 1));
    __mmask64 mask = 0;
    for (int w = 0; w < 4; w++) {
        const __mmask64 part = _mm512_cmple_epu32_mask(_mm512_loadu_si512(words + 16 * w), last);
        mask |= part << (16 * w);
    }
    return mask;
}

/* table[index] for 64 indices below 256; a table of up to 64 entries needs one permutation. */
ALWAYS_INLINE __m512i look_up(const __m512i table[4], uint32_t n_entries, __m512i index) {
    if (n_entries <= 64) {
        return _mm512_permutexvar_epi8(index, table[0]);
    }
    const __m512i low = _mm512_permutex2var_epi8(table[0], index, table[1]);
    const __m512i high = _mm512_permutex2var_epi8(table[2], index, table[3]);
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(index), high);
}

ALWAYS_INLINE void load_table(__m512i table[4], const uint8_t *entries, uint32_t n) {
    uint8_t padded[256] = {0};
    memcpy(padded, entries, n);
    for (int i = 0; i < 4; i++) {
        table[i] = _mm512_loadu_si512(padded + 64 * i);
    }
}

static void choose(const struct greedy_map *map, size_t n, const uint32_t *words,
                   uint8_t *histories, int8_t *actions) {
    uint8_t shifted[SYNRL_HISTORIES_MAX];
    shift_table(map->n_histories, shifted);
    __m512i greedy_table[4], shift[4];
    load_table(greedy_table, map->action, map->n_histories);
    load_table(shift, shifted, map->n_histories);
    const __m512i one = _mm512_set1_epi8(1);
    const __mmask64 remembers = map->n_histories > 1 ? ~(__mmask64)0 : 0;
    size_t i = 0;
    for (; i + 64 <= n; i += 64) {
        const __m512i history = _mm512_loadu_si512(histories + i);
        __m512i digit = look_up(greedy_table, map->n_histories, history);
        const __mmask64 plus = words_below(words + i, map->explore_end[2]);
        digit = _mm512_mask_mov_epi8(digit, plus, _mm512_set1_epi8(2));
        digit = _mm512_mask_mov_epi8(digit, words_below(words + i, map->explore_end[1]), one);
        digit = _mm512_maskz_mov_epi8(~words_below(words + i, map->explore_end[0]), digit);
        _mm512_storeu_si512(actions + i, _mm512_sub_epi8(digit, one));
        const __m512i next = _mm512_add_epi8(look_up(shift, map->n_histories, history), digit);
        _mm512_storeu_si512(histories + i, _mm512_maskz_mov_epi8(remembers, next));
    }
    common_choose(map, n - i, words + i, histories + i, actions + i);
}

/* sum += bytes . actions, four products per lane. */
ALWAYS_INLINE __m512i accumulate(__m512i sum, __m512i bytes, __m512i actions) {
    sum = _mm512_dpbusd_epi32(sum, bytes, actions);
    KEEP_IN_REGISTER(sum);
    return sum;
}

/* The sums of two blocks for this many outputs, their bytes and an action fill the registers. */
enum { PAIR_OUTPUTS = 14 };

/* n outputs of one block or two, both numbers constant: an action is loaded once for two blocks, so
 * that loads keep up with multiplications. The following bytes are prefetched, n_lines lines per
 * group. */
ALWAYS_INLINE void dense_tile(const int n, const int n_blocks, const int n_lines, size_t n_groups,
                              const uint8_t *groups, const int8_t *actions, size_t stride,
                              int32_t *sums, const uint8_t *ahead) {
    enum { LINE = GROUP * SYNRL_LANES };
    const uint8_t *next_groups = groups + n_groups * LINE;
    int32_t *next_sums = sums + stride;
    __m512i totals[TILE_MAX], next_totals[TILE_MAX];
    UNROLLED
    for (int o = 0; o < n; o++) {
        totals[o] = _mm512_loadu_si512(sums + o * SYNRL_LANES);
        next_totals[o] = n_blocks == 2 ? _mm512_loadu_si512(next_sums + o * SYNRL_LANES)
                                       : _mm512_setzero_si512();
    }
    for (size_t g = 0; g < n_groups; g++) {
        const __m512i x = _mm512_loadu_si512(groups + g * LINE);
        const __m512i next_x = n_blocks == 2 ? _mm512_loadu_si512(next_groups + g * LINE) : x;
        for (int line = 0; line < n_lines; line++) {
            _mm_prefetch((const char *)ahead + (g * (size_t)n_lines + (size_t)line) * LINE,
                         _MM_HINT_T1);
        }
        UNROLLED
        for (int o = 0; o < n; o++) {
            int32_t four;
            memcpy(&four, actions + ((size_t)o * n_groups + g) * GROUP, sizeof four);
            const __m512i a = _mm512_set1_epi32(four);
            totals[o] = accumulate(totals[o], x, a);
            if (n_blocks == 2) {
                next_totals[o] = accumulate(next_totals[o], next_x, a);
            }
        }
    }
    UNROLLED
    for (int o = 0; o < n; o++) {
        _mm512_storeu_si512(sums + o * SYNRL_LANES, totals[o]);
        if (n_blocks == 2) {
            _mm512_storeu_si512(next_sums + o * SYNRL_LANES, next_totals[o]);
        }
    }
}

/* Enough independent sums to hide the instruction's latency. The assembler statement keeps the
 * compiler from optimising the loop away. */
static uint64_t peak(uint64_t rounds) {
    enum { SUMS = 24 };
    __m512i sums[SUMS];
    const __m512i x = _mm512_set1_epi8(1);
    UNROLLED
    for (int i = 0; i < SUMS; i++) {
        sums[i] = _mm512_setzero_si512();
    }
    for (uint64_t round = 0; round < rounds; round++) {
        UNROLLED
        for (int i = 0; i < SUMS; i++) {
            sums[i] = _mm512_dpbusd_epi32(sums[i], x, x);
            __asm__ volatile("" : "+v"(sums[i]));
        }
    }
    return rounds * SUMS * 64;
}

static void dense(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
                  const int8_t *actions, size_t stride, int32_t *sums) {
    const size_t size = n_groups * GROUP * SYNRL_LANES;
    for (size_t b = 0, n; b < n_blocks; b += 2, groups += 2 * size, sums += 2 * stride) {
        for (size_t o = 0; o < n_outputs; o += n) {
            const int8_t *some = actions + o * n_groups * GROUP;
            int32_t *to = sums + o * SYNRL_LANES;
            n = tile_outputs(n_outputs - o, PAIR_OUTPUTS);
            if (b + 1 == n_blocks) {
                CALL_TILE(dense_tile, n, 1, 0, n_groups, groups, some, stride, to, NULL)
            } else if (n == n_outputs) {
                CALL_TILE(dense_tile, n, 2, 2, n_groups, groups, some, stride, to,
                          groups + 2 * size)
            } else {
                CALL_TILE(dense_tile, n, 2, 1, n_groups, groups, some, stride, to,
                          groups + (o == 0 ? 2 : 3) * size)
            }
        }
    }
}

enum { CHUNK = 64 };

/* Up to 64 actions and the last ones; 0 after the end. */
struct actions {
    __m512i now, last;
};

ALWAYS_INLINE struct actions load_actions(size_t n, const int8_t *actions,
                                          const int16_t *counters) {
    const __mmask64 valid = n < CHUNK ? ((__mmask64)1 << n) - 1 : ~(__mmask64)0;
    const __m512i low = _mm512_maskz_loadu_epi16((__mmask32)valid, counters);
    const __m512i high = _mm512_maskz_loadu_epi16((__mmask32)(valid >> 32), counters + 32);
    const __m512i bytes = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(low)),
                                             _mm512_cvtepi16_epi8(high), 1);
    return (struct actions){_mm512_maskz_loadu_epi8(valid, actions),
                            _mm512_maskz_sub_epi8(valid,
                                                  _mm512_and_si512(bytes, _mm512_set1_epi8(3)),
                                                  _mm512_set1_epi8(1))};
}

static void count_changes(size_t n, const int8_t *actions, const int16_t *counters,
                          size_t *counts) {
    const __m512i zero = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += CHUNK) {
        const struct actions a = load_actions(n - i, actions + i, counters + i);
        const __m512i sum = _mm512_add_epi8(a.now, a.last);
        counts[0] += (size_t)__builtin_popcountll(_mm512_cmpneq_epi8_mask(sum, zero));
        counts[1] += (size_t)__builtin_popcountll(_mm512_cmpneq_epi8_mask(a.now, zero));
        counts[2] += (size_t)__builtin_popcountll(_mm512_cmpneq_epi8_mask(a.now, a.last));
    }
}

/* Appends those of the numbers first .. first + 63 whose bits are set in the mask. */
ALWAYS_INLINE void list_inputs(struct change_lists *lists, int list, __mmask64 mask, size_t first) {
    const __m512i ramp = _mm512_set_epi8(
        63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41,
        40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,
        17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i numbers = _mm512_maskz_compress_epi8(mask, ramp);
    const __m512i base = _mm512_set1_epi16((short)first);
    const size_t n = (size_t)__builtin_popcountll(mask);
    uint16_t *to = lists->inputs[list] + lists->n[list];
    _mm512_storeu_si512(
        to, _mm512_add_epi16(base, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(numbers))));
    if (n > 32) {
        _mm512_storeu_si512(
            to + 32,
            _mm512_add_epi16(base, _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(numbers, 1))));
    }
    lists->n[list] += n;
}

static void list_changes(struct change_lists *lists, size_t n_inputs, const int8_t *actions,
                         const int16_t *counters, int32_t c) {
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi8(1);
    memset(lists->n, 0, sizeof lists->n);
    for (size_t i = 0; i < n_inputs; i += CHUNK) {
        const struct actions a = load_actions(n_inputs - i, actions + i, counters + i);
        const __m512i difference = c == 0  ? a.now
                                   : c > 0 ? _mm512_sub_epi8(a.now, a.last)
                                           : _mm512_add_epi8(a.now, a.last);
        const __m512i negative = _mm512_sub_epi8(zero, difference), two = _mm512_add_epi8(one, one);
        list_inputs(lists, 0, _mm512_cmpeq_epi8_mask(difference, one), i);
        list_inputs(lists, 1, _mm512_cmpeq_epi8_mask(negative, one), i);
        list_inputs(lists, 2, _mm512_cmpeq_epi8_mask(difference, two), i);
        list_inputs(lists, 3, _mm512_cmpeq_epi8_mask(negative, two), i);
    }
}

static void sparse(const struct change *change, bool is_reversed, const uint8_t *rows,
                   size_t n_blocks, int32_t *deltas, int32_t *sums) {
    sparse_by_lists(list_changes, change, is_reversed, rows, n_blocks, deltas, sums);
}

ALWAYS_INLINE void turn(const uint8_t *group, uint8_t *turned) {
    const __m512i order = _mm512_set_epi8(
        63, 59, 55, 51, 47, 43, 39, 35, 31, 27, 23, 19, 15, 11, 7, 3, 62, 58, 54, 50, 46, 42, 38,
        34, 30, 26, 22, 18, 14, 10, 6, 2, 61, 57, 53, 49, 45, 41, 37, 33, 29, 25, 21, 17, 13, 9, 5,
        1, 60, 56, 52, 48, 44, 40, 36, 32, 28, 24, 20, 16, 12, 8, 4, 0);
    _mm512_store_si512(turned, _mm512_permutexvar_epi8(order, _mm512_loadu_si512(group)));
}

ALWAYS_INLINE void strip_tile(const int n, const struct strip *strip, const int8_t *signal,
                              size_t n_row, int32_t *sums) {
    __m512i totals[TILE_MAX];
    UNROLLED
    for (int o = 0; o < n; o++) {
        totals[o] = _mm512_setzero_si512();
    }
    for (size_t b = 0; b < strip->n_blocks; b++) {
        const __m512i x = _mm512_load_si512(strip->bytes[b]);
        const int8_t *g = signal + b * strip->stride;
        UNROLLED
        for (int o = 0; o < n; o++) {
            const __m128i some = _mm_loadu_si128((const __m128i *)(g + o * SYNRL_LANES));
            totals[o] = accumulate(totals[o], x, _mm512_broadcast_i32x4(some));
        }
    }
    const __m512i firsts = _mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
    UNROLLED
    for (int o = 0; o < n; o++) { /* the four dwords of an input are added up */
        __m512i sum = totals[o];
        sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, _MM_PERM_BADC));
        sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, _MM_PERM_CDAB));
        const __m128i four = _mm512_castsi512_si128(_mm512_permutexvar_epi32(firsts, sum));
        __m128i *to = (__m128i *)(sums + (size_t)o * n_row);
        _mm_storeu_si128(to, _mm_add_epi32(_mm_loadu_si128(to), four));
    }
}

static void add_strip(const struct strip *strip, size_t n_outputs, const int8_t *signal,
                      size_t n_row, int32_t *sums) {
    for (size_t o = 0, n; o < n_outputs; o += n) {
        n = tile_outputs(n_outputs - o, TILE_MAX);
        CALL_TILE(strip_tile, n, strip, signal + o * SYNRL_LANES, n_row, sums + o * n_row)
    }
}

static void correlate(const struct correlation *correlation, size_t n_row, int32_t *sums) {
    correlate_by_strips(turn, add_strip, correlation, 0, n_row, sums);
}

#define FUNCTION(name, accuracy)                                                         \
    static void avx512_##name(size_t n, const float *x, float *y) {                      \
        OVER_ARRAY(16, _mm512_loadu_ps, Sleef_cinz_##name##f16_##accuracy##avx512fnofma, \
                   _mm512_storeu_ps)                                                     \
    }
FUNCTION(exp, u10)
FUNCTION(log, u35)
FUNCTION(sin, u35)
FUNCTION(cos, u35)

#define TABLE(isa, threshold, the_dense, the_peak)                                                \
    {                                                                                             \
        .name = (isa), .sparse_threshold = (threshold), .words = words, .peak = (the_peak),       \
        .exp = avx512_exp, .log = avx512_log, .sin = avx512_sin, .cos = avx512_cos,               \
        .choose = choose, .count_changes = count_changes, .dense = (the_dense), .sparse = sparse, \
        .correlate = correlate, .correlate_floats = common_correlate_floats, COMMON_KERNELS,      \
        WATCH_KERNELS,                                                                            \
    }

const struct kernels *kernels_avx512(void) {
    static const struct kernels kernels = TABLE("avx512", 5, dense, peak);
    const bool is_there =
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512vbmi2");
    return is_there ? &kernels : NULL;
}

const struct kernels *kernels_amx(void) {
    static const struct kernels kernels = TABLE("amx", 20, amx_dense, amx_peak);
    return kernels_avx512() != NULL && amx_is_there() ? &kernels : NULL;
}

#else

const struct kernels *kernels_avx512(void) {
    return NULL;
}

const struct kernels *kernels_amx(void) {
    return NULL;
}

#endif
