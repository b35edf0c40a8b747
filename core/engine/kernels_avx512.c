/* The inner loops for AVX-512 with VNNI and VBMI. Compiled for these; called where the CPU has
 * them. */
#include "kernels_common.h"

#if defined(__AVX512VNNI__) && defined(__AVX512VBMI__)

#include <immintrin.h>
#include <sleef.h>

/* Philox4x32-10 on the sixteen counters of a group at once, a register a word of the counter. */
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

/* Which of 64 words lie below `end`, 0 .. 2^32. */
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

ALWAYS_INLINE void dense_tile(const int n, size_t n_groups, const uint8_t *groups,
                              const int8_t *actions, int32_t *sums) {
    const size_t stride = n_groups * GROUP;
    __m512i totals[16];
#pragma GCC unroll 16
    for (int o = 0; o < n; o++) {
        totals[o] = _mm512_loadu_si512(sums + o * SYNRL_LANES);
    }
    for (size_t g = 0; g < n_groups; g++) {
        const __m512i x = _mm512_loadu_si512(groups + g * GROUP * SYNRL_LANES);
#pragma GCC unroll 16
        for (int o = 0; o < n; o++) {
            int32_t four;
            memcpy(&four, actions + (size_t)o * stride + g * GROUP, sizeof four);
            totals[o] = _mm512_dpbusd_epi32(totals[o], x, _mm512_set1_epi32(four));
        }
    }
#pragma GCC unroll 16
    for (int o = 0; o < n; o++) {
        _mm512_storeu_si512(sums + o * SYNRL_LANES, totals[o]);
    }
}

/* Independent sums, enough to hide the instruction's latency. The assembler statement keeps the
 * compiler from seeing through the loop. */
static uint64_t peak(uint64_t rounds) {
    enum { SUMS = 24 };
    __m512i sums[SUMS];
    const __m512i x = _mm512_set1_epi8(1);
#pragma GCC unroll 24
    for (int i = 0; i < SUMS; i++) {
        sums[i] = _mm512_setzero_si512();
    }
    for (uint64_t round = 0; round < rounds; round++) {
#pragma GCC unroll 24
        for (int i = 0; i < SUMS; i++) {
            sums[i] = _mm512_dpbusd_epi32(sums[i], x, x);
            __asm__ volatile("" : "+v"(sums[i]));
        }
    }
    return rounds * SUMS * 64;
}

static void dense(size_t n_outputs, size_t n_groups, const uint8_t *groups, const int8_t *actions,
                  int32_t *sums) {
    for (size_t o = 0, n; o < n_outputs; o += n) {
        n = tile_outputs(n_outputs - o);
        CALL_TILE(dense_tile, n, n_groups, groups, actions + o * n_groups * GROUP,
                  sums + o * SYNRL_LANES)
    }
}

/* Sums of one tile's samples: 16 bits a sample, for up to this many bytes, and 32 behind them. */
enum { BYTES_IN_16_BITS = 128, CHUNK = 64 };

struct tile_sums {
    __m512i parts[8];
    __m512i totals[TILE_BLOCKS];
    size_t n_added;
};

ALWAYS_INLINE void flush_parts(struct tile_sums *tile) {
#pragma GCC unroll 8
    for (int part = 0; part < 8; part++) {
        const __m256i low = _mm512_castsi512_si256(tile->parts[part]);
        const __m256i high = _mm512_extracti64x4_epi64(tile->parts[part], 1);
        tile->totals[2 * part] =
            _mm512_add_epi32(tile->totals[2 * part], _mm512_cvtepi16_epi32(low));
        tile->totals[2 * part + 1] =
            _mm512_add_epi32(tile->totals[2 * part + 1], _mm512_cvtepi16_epi32(high));
        tile->parts[part] = _mm512_setzero_si512();
    }
    tile->n_added = 0;
}

/* Adds (sign > 0) or subtracts the rows of the inputs in the mask. */
ALWAYS_INLINE void add_rows(struct tile_sums *tile, uint64_t mask, const uint8_t *rows, int sign) {
    const size_t n = (size_t)__builtin_popcountll(mask);
    if (tile->n_added + n > BYTES_IN_16_BITS) {
        flush_parts(tile);
    }
    tile->n_added += n;
    for (; mask != 0; mask &= mask - 1) {
        const uint8_t *row = rows + (size_t)__builtin_ctzll(mask) * TILE;
#pragma GCC unroll 8
        for (int part = 0; part < 8; part++) {
            const __m512i bytes =
                _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(row + 32 * part)));
            tile->parts[part] = sign > 0 ? _mm512_add_epi16(tile->parts[part], bytes)
                                         : _mm512_sub_epi16(tile->parts[part], bytes);
        }
    }
}

/* actions - c * last actions of up to 64 inputs. */
ALWAYS_INLINE __m512i differences(size_t n, const int8_t *actions, const int16_t *counters,
                                  int32_t c) {
    const __mmask64 valid = n < CHUNK ? ((__mmask64)1 << n) - 1 : ~(__mmask64)0;
    const __m512i action = _mm512_maskz_loadu_epi8(valid, actions);
    const __m512i low = _mm512_maskz_loadu_epi16((__mmask32)valid, counters);
    const __m512i high = _mm512_maskz_loadu_epi16((__mmask32)(valid >> 32), counters + 32);
    const __m512i bytes = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(low)),
                                             _mm512_cvtepi16_epi8(high), 1);
    const __m512i last =
        _mm512_sub_epi8(_mm512_and_si512(bytes, _mm512_set1_epi8(3)), _mm512_set1_epi8(1));
    const __m512i expected = c == 0   ? _mm512_setzero_si512()
                             : c == 1 ? last
                                      : _mm512_sub_epi8(_mm512_setzero_si512(), last);
    return _mm512_maskz_sub_epi8(valid, action, expected);
}

static void sparse(size_t n_inputs, const int8_t *actions, const int16_t *counters, int32_t c,
                   const uint8_t *rows, size_t n_blocks, size_t stride, int32_t *deltas,
                   int32_t *sums) {
    struct tile_sums tile;
    memset(&tile, 0, sizeof tile);
    for (size_t i = 0; i < n_inputs; i += CHUNK) {
        const size_t left = n_inputs - i;
        const __m512i difference = differences(left, actions + i, counters + i, c);
        const uint8_t *from = rows + i * TILE;
        for (int8_t size = 0; size < 2; size++) { /* a difference of 2 counts twice */
            const __m512i limit = _mm512_set1_epi8(size);
            const __m512i below = _mm512_sub_epi8(_mm512_setzero_si512(), limit);
            add_rows(&tile, _mm512_cmpgt_epi8_mask(difference, limit), from, 1);
            add_rows(&tile, _mm512_cmplt_epi8_mask(difference, below), from, -1);
        }
    }
    flush_parts(&tile);
    const __m512i factor = _mm512_set1_epi32(c);
    for (size_t b = 0; b < n_blocks; b++) {
        const __m512i before = _mm512_loadu_si512(deltas + b * stride);
        const __m512i delta = _mm512_add_epi32(_mm512_mullo_epi32(before, factor), tile.totals[b]);
        _mm512_storeu_si512(deltas + b * stride, delta);
        _mm512_storeu_si512(sums + b * stride,
                            _mm512_add_epi32(_mm512_loadu_si512(sums + b * stride), delta));
    }
}

#define FUNCTION(name, accuracy)                                                         \
    static void avx512_##name(size_t n, const float *x, float *y) {                      \
        OVER_ARRAY(16, _mm512_loadu_ps, Sleef_cinz_##name##f16_##accuracy##avx512fnofma, \
                   _mm512_storeu_ps)                                                     \
    }
FUNCTION(exp, u10)
FUNCTION(log, u35)
FUNCTION(tanh, u35)
FUNCTION(sin, u35)
FUNCTION(cos, u35)

const struct kernels *kernels_avx512(void) {
    static const struct kernels kernels = {
        .name = "avx512",
        .words = words,
        .peak = peak,
        .exp = avx512_exp,
        .log = avx512_log,
        .tanh = avx512_tanh,
        .sin = avx512_sin,
        .cos = avx512_cos,
        .choose = choose,
        .count_changes = common_count_changes,
        .advance = common_advance,
        .lattice_values = common_lattice_values,
        .dense = dense,
        .sparse = sparse,
        .recount = common_recount,
        .base = common_base,
        .finish = common_finish,
        .affine = common_affine,
    };
    const bool is_there =
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi");
    return is_there ? &kernels : NULL;
}

#else

const struct kernels *kernels_avx512(void) {
    return NULL;
}

#endif
