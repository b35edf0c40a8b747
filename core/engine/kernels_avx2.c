/* SPDX-License-Identifier: MIT */
/* The inner loops for AVX2. Compiled with -mavx2; called where the CPU supports it. */
#include "engine/kernels.h"

#if defined(__AVX2__)

#include <immintrin.h>
#include <sleef.h>

#include "engine/kernels_sparse.h"

/* Philox4x32-10 on eight counters at once, one register per word of the counter. */
ALWAYS_INLINE void multiply(__m256i x, uint32_t factor, __m256i *high, __m256i *low) {
    const __m256i m = _mm256_set1_epi32((int)factor);
    const __m256i even = _mm256_mul_epu32(x, m);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), m);
    *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
    *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
}

static void words_of_8(synrl_stream stream, uint32_t first, uint32_t *out) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i c0 = _mm256_add_epi32(_mm256_set1_epi32((int)first), lane);
    __m256i c1 = _mm256_set1_epi32((int)(uint32_t)stream.iteration);
    __m256i c2 = _mm256_set1_epi32((int)(uint32_t)(stream.iteration >> 32));
    __m256i c3 = _mm256_set1_epi32((int)stream.purpose);
    uint32_t k0 = (uint32_t)stream.seed, k1 = (uint32_t)(stream.seed >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9U, k1 += 0xBB67AE85U) {
        __m256i high0, low0, high2, low2;
        multiply(c0, 0xD2511F53U, &high0, &low0);
        multiply(c2, 0xCD9E8D57U, &high2, &low2);
        c0 = _mm256_xor_si256(_mm256_xor_si256(high2, c1), _mm256_set1_epi32((int)k0));
        c2 = _mm256_xor_si256(_mm256_xor_si256(high0, c3), _mm256_set1_epi32((int)k1));
        c1 = low2;
        c3 = low0;
    }
    _mm256_storeu_si256((__m256i *)out, c0);
    _mm256_storeu_si256((__m256i *)(out + 16), c1);
    _mm256_storeu_si256((__m256i *)(out + 32), c2);
    _mm256_storeu_si256((__m256i *)(out + 48), c3);
}

static void words(synrl_stream stream, uint64_t first_group, size_t n_groups, uint32_t *out) {
    for (size_t g = 0; g < n_groups; g++) {
        const uint32_t first = (uint32_t)((first_group + g) * 16);
        words_of_8(stream, first, out + g * 64);
        words_of_8(stream, first + 8, out + g * 64 + 8);
    }
}

/* The sums of pairs of products, at most 2 * 255 each, fit in 16 bits for this many groups; those
 * of a whole block for this many outputs fit in the registers. */
enum { GROUPS_IN_16_BITS = 64, DENSE_OUTPUTS = 5 };

ALWAYS_INLINE __m256i load(const void *from) {
    return _mm256_loadu_si256((const __m256i *)from);
}

/* sums += pairs of 16-bit sums */
ALWAYS_INLINE void add_pairs(int32_t *sums, __m256i pairs) {
    const __m256i sum = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    _mm256_storeu_si256((__m256i *)sums, _mm256_add_epi32(load(sums), sum));
}

/* n outputs of one block: an action is loaded once for both of its halves. */
ALWAYS_INLINE void dense_tile(const int n, size_t n_groups, const uint8_t *groups,
                              const int8_t *actions, int32_t *sums) {
    for (size_t first = 0, end; first < n_groups; first = end) {
        end = n_groups - first < GROUPS_IN_16_BITS ? n_groups : first + GROUPS_IN_16_BITS;
        __m256i low[TILE_MAX], high[TILE_MAX];
        UNROLLED
        for (int o = 0; o < n; o++) {
            low[o] = high[o] = _mm256_setzero_si256();
        }
        for (size_t g = first; g < end; g++) {
            const __m256i low_x = load(groups + g * GROUP * SYNRL_LANES);
            const __m256i high_x = load(groups + (g * SYNRL_LANES + WIDTH) * GROUP);
            UNROLLED
            for (int o = 0; o < n; o++) {
                int32_t four;
                memcpy(&four, actions + ((size_t)o * n_groups + g) * GROUP, sizeof four);
                const __m256i a = _mm256_set1_epi32(four);
                low[o] = _mm256_add_epi16(low[o], _mm256_maddubs_epi16(low_x, a));
                high[o] = _mm256_add_epi16(high[o], _mm256_maddubs_epi16(high_x, a));
                KEEP_IN_REGISTER(low[o]);
                KEEP_IN_REGISTER(high[o]);
            }
        }
        UNROLLED
        for (int o = 0; o < n; o++) {
            add_pairs(sums + o * SYNRL_LANES, low[o]);
            add_pairs(sums + o * SYNRL_LANES + WIDTH, high[o]);
        }
    }
}

static void dense(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
                  const int8_t *actions, size_t stride, int32_t *sums) {
    for (size_t b = 0; b < n_blocks; b++, groups += n_groups * GROUP * SYNRL_LANES) {
        for (size_t o = 0, n; o < n_outputs; o += n) {
            n = tile_outputs(n_outputs - o, DENSE_OUTPUTS);
            CALL_TILE(dense_tile, n, n_groups, groups, actions + o * n_groups * GROUP,
                      sums + b * stride + o * SYNRL_LANES)
        }
    }
}

static void sparse(const struct change *change, bool is_reversed, const uint8_t *rows,
                   size_t n_blocks, int32_t *deltas, int32_t *sums) {
    sparse_by_lists(common_list_changes, change, is_reversed, rows, n_blocks, deltas, sums);
}

#define FUNCTION(name, accuracy)                                                                \
    static void avx2_##name(size_t n, const float *x, float *y) {                               \
        OVER_ARRAY(8, _mm256_loadu_ps, Sleef_cinz_##name##f8_##accuracy##avx, _mm256_storeu_ps) \
    }
FUNCTION(exp, u10)
FUNCTION(log, u35)
FUNCTION(sin, u35)
FUNCTION(cos, u35)

const struct kernels *kernels_avx2(void) {
    static const struct kernels kernels = {
        .name = "avx2",
        .sparse_threshold = 5,
        .words = words,
        .exp = avx2_exp,
        .log = avx2_log,
        .sin = avx2_sin,
        .cos = avx2_cos,
        .choose = common_choose,
        .count_changes = common_count_changes,
        .dense = dense,
        .sparse = sparse,
        COMMON_KERNELS,
    };
    return __builtin_cpu_supports("avx2") ? &kernels : NULL;
}

#else

const struct kernels *kernels_avx2(void) {
    return NULL;
}

#endif
