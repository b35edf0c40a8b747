/* SPDX-License-Identifier: MIT */
/* The inner loops for AVX2. Compiled with -mavx2; called where the CPU supports it. */
#include "engine/kernels.h"

#if defined(__AVX2__)

#include <immintrin.h>
#include <sleef.h>

#include "engine/kernels_correlate.h"
#include "engine/kernels_sparse.h"
#include "engine/kernels_watch.h"

ALWAYS_INLINE __m256i load(const void *from) {
    return _mm256_loadu_si256((const __m256i *)from);
}

/* One word of four counters a register, each in the lower half of 64 bits: there the products'
 * lower halves are in their place already, and nothing reads the upper ones. */
struct four_counters {
    __m256i words[4];
};

/* Of Philox4x32-10. */
ALWAYS_INLINE void philox_round(struct four_counters *c, __m256i key0, __m256i key1) {
    const __m256i p0 = _mm256_mul_epu32(c->words[0], _mm256_set1_epi32((int)0xD2511F53U));
    const __m256i p2 = _mm256_mul_epu32(c->words[2], _mm256_set1_epi32((int)0xCD9E8D57U));
    const __m256i high0 = _mm256_srli_epi64(p0, 32), high2 = _mm256_srli_epi64(p2, 32);
    c->words[0] = _mm256_xor_si256(_mm256_xor_si256(high2, c->words[1]), key0);
    c->words[2] = _mm256_xor_si256(_mm256_xor_si256(high0, c->words[3]), key1);
    c->words[1] = p2;
    c->words[3] = p0;
}

enum { ROUNDS = 10 };

/* Eight counters in two registers each; keys [ROUNDS][2]. */
ALWAYS_INLINE void words_of_8(synrl_stream stream, uint32_t first, const __m256i *keys,
                              uint32_t *out) {
    const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    struct four_counters c[2];
    UNROLLED
    for (int i = 0; i < 2; i++) {
        c[i].words[0] = _mm256_add_epi64(_mm256_set1_epi64x(first + 4 * (uint32_t)i),
                                         _mm256_setr_epi64x(0, 1, 2, 3));
        c[i].words[1] = _mm256_set1_epi64x((long long)(uint32_t)stream.iteration);
        c[i].words[2] = _mm256_set1_epi64x((long long)(stream.iteration >> 32));
        c[i].words[3] = _mm256_set1_epi64x((long long)stream.purpose);
    }
    UNROLLED
    for (int round = 0; round < ROUNDS; round++) {
        UNROLLED
        for (int i = 0; i < 2; i++) {
            philox_round(&c[i], keys[2 * round], keys[2 * round + 1]);
        }
    }
    UNROLLED
    for (int word = 0; word < 4; word++) {
        const __m256i low = _mm256_permutevar8x32_epi32(c[0].words[word], even);
        const __m256i high = _mm256_permutevar8x32_epi32(c[1].words[word], even);
        _mm256_storeu_si256((__m256i *)(out + word * 16), _mm256_blend_epi32(low, high, 0xF0));
    }
}

static void words(synrl_stream stream, uint64_t first_group, size_t n_groups, uint32_t *out) {
    __m256i keys[2 * ROUNDS];
    uint32_t k0 = (uint32_t)stream.seed, k1 = (uint32_t)(stream.seed >> 32);
    for (int round = 0; round < ROUNDS; round++, k0 += 0x9E3779B9U, k1 += 0xBB67AE85U) {
        keys[2 * round] = _mm256_set1_epi32((int)k0);
        keys[2 * round + 1] = _mm256_set1_epi32((int)k1);
    }
    for (size_t g = 0; g < n_groups; g++) {
        const uint32_t first = (uint32_t)((first_group + g) * 16);
        words_of_8(stream, first, keys, out + g * 64);
        words_of_8(stream, first + 8, keys, out + g * 64 + 8);
    }
}

/* The mask of those of 32 words that are below `end`, 0 .. 2^32, in bytes. */
ALWAYS_INLINE __m256i words_below(const uint32_t *words, uint64_t end) {
    const __m256i last = _mm256_set1_epi32((int)(uint32_t)(end - 1));
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i parts[4];
    if (end == 0) {
        return _mm256_setzero_si256();
    }
    UNROLLED
    for (int i = 0; i < 4; i++) {
        const __m256i some = load(words + i * WIDTH);
        parts[i] = _mm256_cmpeq_epi32(_mm256_min_epu32(some, last), some);
    }
    const __m256i low = _mm256_packs_epi32(parts[0], parts[1]);
    const __m256i high = _mm256_packs_epi32(parts[2], parts[3]);
    return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
}

/* A table of up to SMALL_TABLE entries, for look-ups by the bytes of each half. */
enum { SMALL_TABLE = 16, SYNAPSES = 32 };
ALWAYS_INLINE __m256i load_table(const uint8_t *entries, uint32_t n) {
    uint8_t padded[SMALL_TABLE] = {0};
    memcpy(padded, entries, n);
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)padded));
}

static void choose(const struct greedy_map *map, size_t n, const uint32_t *words,
                   uint8_t *histories, int8_t *actions) {
    uint8_t shifted[SYNRL_HISTORIES_MAX];
    size_t i = 0;
    if (map->n_histories <= SMALL_TABLE) {
        shift_table(map->n_histories, shifted);
        const __m256i greedy = load_table(map->action, map->n_histories);
        const __m256i shift = load_table(shifted, map->n_histories);
        const __m256i one = _mm256_set1_epi8(1);
        const __m256i remembers = _mm256_set1_epi8(map->n_histories > 1 ? -1 : 0);
        for (; i + SYNAPSES <= n; i += SYNAPSES) {
            const __m256i history = load(histories + i);
            const __m256i plus = words_below(words + i, map->explore_end[2]);
            const __m256i zero = words_below(words + i, map->explore_end[1]);
            const __m256i minus = words_below(words + i, map->explore_end[0]);
            __m256i digit = _mm256_shuffle_epi8(greedy, history);
            digit = _mm256_blendv_epi8(digit, _mm256_set1_epi8(2), plus);
            digit = _mm256_andnot_si256(minus, _mm256_blendv_epi8(digit, one, zero));
            _mm256_storeu_si256((__m256i *)(actions + i), _mm256_sub_epi8(digit, one));
            const __m256i next = _mm256_add_epi8(_mm256_shuffle_epi8(shift, history), digit);
            _mm256_storeu_si256((__m256i *)(histories + i), _mm256_and_si256(next, remembers));
        }
    }
    common_choose(map, n - i, words + i, histories + i, actions + i);
}

/* The sums of pairs of products, at most 2 * 255 each, fit in 16 bits for this many groups; those
 * of a whole block for this many outputs fit in the registers. */
enum { GROUPS_IN_16_BITS = 64, DENSE_OUTPUTS = 6 };

/* sums += more, of 16 bits, in place: gcc 12 otherwise copies each sum to another register. */
#define ADD_WORDS(sums, more) __asm__("vpaddw %1, %0, %0" : "+x"(sums) : "x"(more))

/* sums += pairs of 16-bit sums */
ALWAYS_INLINE void add_pairs(int32_t *sums, __m256i pairs) {
    const __m256i sum = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    _mm256_storeu_si256((__m256i *)sums, _mm256_add_epi32(load(sums), sum));
}

/* What a tile prefetches of the next block: `step` bytes for each of its groups. */
struct ahead {
    const uint8_t *from;
    size_t step;
};

/* n outputs of one block: an action is loaded once for both of its halves. */
ALWAYS_INLINE void dense_tile(const int n, size_t n_groups, const uint8_t *groups,
                              const struct ahead *ahead, const int8_t *actions, int32_t *sums) {
    for (size_t first = 0, end; first < n_groups; first = end) {
        end = n_groups - first < GROUPS_IN_16_BITS ? n_groups : first + GROUPS_IN_16_BITS;
        __m256i low[TILE_MAX], high[TILE_MAX];
        UNROLLED
        for (int o = 0; o < n; o++) {
            low[o] = high[o] = _mm256_setzero_si256();
        }
        for (size_t g = first; g < end; g++) {
            _mm_prefetch((const char *)ahead->from + g * ahead->step, _MM_HINT_T1);
            const __m256i low_x = load(groups + g * GROUP * SYNRL_LANES);
            const __m256i high_x = load(groups + (g * SYNRL_LANES + WIDTH) * GROUP);
            UNROLLED
            for (int o = 0; o < n; o++) {
                int32_t four;
                memcpy(&four, actions + ((size_t)o * n_groups + g) * GROUP, sizeof four);
                const __m256i a = _mm256_set1_epi32(four);
                ADD_WORDS(low[o], _mm256_maddubs_epi16(low_x, a));
                ADD_WORDS(high[o], _mm256_maddubs_epi16(high_x, a));
            }
        }
        UNROLLED
        for (int o = 0; o < n; o++) {
            add_pairs(sums + o * SYNRL_LANES, low[o]);
            add_pairs(sums + o * SYNRL_LANES + WIDTH, high[o]);
        }
    }
}

static uint64_t peak(uint64_t rounds) {
    enum { SUMS = 12 };
    __m256i sums[SUMS], products;
    const __m256i x = _mm256_set1_epi8(1);
    UNROLLED
    for (int i = 0; i < SUMS; i++) {
        sums[i] = x;
    }
    for (uint64_t round = 0; round < rounds; round++) {
        UNROLLED
        for (int i = 0; i < SUMS; i++) {
            __asm__ volatile("vpmaddubsw %1, %1, %0" : "=x"(products) : "x"(x));
            ADD_WORDS(sums[i], products);
            KEEP_IN_REGISTER(sums[i]);
        }
    }
    UNROLLED
    for (int i = 0; i < SUMS; i++) {
        __asm__ volatile("" : : "x"(sums[i]));
    }
    return rounds * SUMS * 32;
}

static void dense(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
                  const int8_t *actions, size_t stride, int32_t *sums) {
    const size_t size = n_groups * GROUP * SYNRL_LANES;
    for (size_t b = 0; b < n_blocks; b++, groups += size) {
        for (size_t o = 0, n; o < n_outputs; o += n) {
            n = tile_outputs(n_outputs - o, DENSE_OUTPUTS);
            const struct ahead ahead = {groups + size + size * o / n_outputs,
                                        (STRIP_LINE * n + n_outputs - 1) / n_outputs};
            CALL_TILE(dense_tile, n, n_groups, groups, &ahead, actions + o * n_groups * GROUP,
                      sums + b * stride + o * SYNRL_LANES)
        }
    }
}

static void sparse(const struct change *change, bool is_reversed, const uint8_t *rows,
                   size_t n_blocks, int32_t *deltas, int32_t *sums) {
    sparse_by_lists(common_list_changes, change, is_reversed, rows, n_blocks, deltas, sums);
}

/* Bytes of four samples are put together within each half, then the dwords [sample / 4][input]
 * become [input][sample / 4]. */
ALWAYS_INLINE void turn(const uint8_t *group, uint8_t *turned) {
    const __m256i by_input = _mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
                                              0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i a = _mm256_shuffle_epi8(load(group), by_input);
    const __m256i b = _mm256_shuffle_epi8(load(group + STRIP_LINE / 2), by_input);
    const __m256i low = _mm256_permutevar8x32_epi32(_mm256_unpacklo_epi32(a, b), order);
    const __m256i high = _mm256_permutevar8x32_epi32(_mm256_unpackhi_epi32(a, b), order);
    _mm256_store_si256((__m256i *)turned, low);
    _mm256_store_si256((__m256i *)(turned + STRIP_LINE / 2), high);
}

ALWAYS_INLINE __m256i load_signal(const int8_t *from) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)from));
}

/* In each half: a0 + a2, a1 + a3, b0 + b2, b1 + b3. Faster than two of hadd. */
ALWAYS_INLINE __m256i add_distant(__m256i a, __m256i b) {
    return _mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
}

/* In each half: a0 + a1, a2 + a3, b0 + b1, b2 + b3. */
ALWAYS_INLINE __m256i add_adjacent(__m256i a, __m256i b) {
    const __m256 x = _mm256_castsi256_ps(a), y = _mm256_castsi256_ps(b);
    return _mm256_add_epi32(_mm256_castps_si256(_mm256_shuffle_ps(x, y, 0x88)),
                            _mm256_castps_si256(_mm256_shuffle_ps(x, y, 0xDD)));
}

ALWAYS_INLINE void add_sums(int32_t *sums, __m128i more) {
    const __m128i before = _mm_loadu_si128((const __m128i *)sums);
    _mm_storeu_si128((__m128i *)sums, _mm_add_epi32(before, more));
}

/* A signal of at most this size lets 16 bits hold the sums of this many blocks. */
enum { NARROW_SIGNAL = 16, NARROW_OUTPUTS = 6, WIDE_OUTPUTS = 2 };

ALWAYS_INLINE void narrow_tile(const int n, const struct strip *strip, const int8_t *signal,
                               size_t n_row, int32_t *sums) {
    const __m256i one = _mm256_set1_epi16(1);
    for (size_t first = 0, end; first < strip->n_blocks; first = end) {
        end = strip->n_blocks - first < strip->n_exact ? strip->n_blocks : first + strip->n_exact;
        __m256i low[TILE_MAX], high[TILE_MAX];
        UNROLLED
        for (int o = 0; o < n; o++) {
            low[o] = high[o] = _mm256_setzero_si256();
        }
        for (size_t b = first; b < end; b++) {
            const __m256i low_x = load(strip->bytes[b][0]), high_x = load(strip->bytes[b][2]);
            const int8_t *g = signal + b * strip->stride;
            UNROLLED
            for (int o = 0; o < n; o++) {
                const __m256i s = load_signal(g + o * SYNRL_LANES);
                ADD_WORDS(low[o], _mm256_maddubs_epi16(low_x, s));
                ADD_WORDS(high[o], _mm256_maddubs_epi16(high_x, s));
            }
        }
        UNROLLED
        for (int o = 0; o < n; o++) { /* inputs 0 and 2, and in the other half 1 and 3 */
            low[o] = add_distant(_mm256_madd_epi16(low[o], one), _mm256_madd_epi16(high[o], one));
        }
        UNROLLED
        for (int o = 0; o < n; o += 2) {
            const __m256i both = add_adjacent(low[o], low[o + 1 < n ? o + 1 : o]);
            const __m128i even = _mm256_castsi256_si128(both);
            const __m128i odd = _mm256_extracti128_si256(both, 1);
            add_sums(sums + (size_t)o * n_row, _mm_unpacklo_epi32(even, odd));
            if (o + 1 < n) {
                add_sums(sums + (size_t)(o + 1) * n_row, _mm_unpackhi_epi32(even, odd));
            }
        }
    }
}

ALWAYS_INLINE __m256i load_words(const void *bytes) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)bytes));
}

/* For signals whose products with two bytes do not fit in 16 bits. */
ALWAYS_INLINE void wide_tile(const int n, const struct strip *strip, const int8_t *signal,
                             size_t n_row, int32_t *sums) {
    __m256i totals[WIDE_OUTPUTS][GROUP];
    UNROLLED
    for (int o = 0; o < n; o++) {
        UNROLLED
        for (int i = 0; i < GROUP; i++) {
            totals[o][i] = _mm256_setzero_si256();
        }
    }
    for (size_t b = 0; b < strip->n_blocks; b++) {
        const int8_t *g = signal + b * strip->stride;
        __m256i x[GROUP];
        UNROLLED
        for (int i = 0; i < GROUP; i++) {
            x[i] = load_words(strip->bytes[b][i]);
        }
        UNROLLED
        for (int o = 0; o < n; o++) {
            const __m256i s =
                _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(g + o * SYNRL_LANES)));
            UNROLLED
            for (int i = 0; i < GROUP; i++) {
                totals[o][i] = _mm256_add_epi32(totals[o][i], _mm256_madd_epi16(x[i], s));
            }
        }
    }
    UNROLLED
    for (int o = 0; o < n; o++) {
        const __m256i low = _mm256_hadd_epi32(totals[o][0], totals[o][1]);
        const __m256i high = _mm256_hadd_epi32(totals[o][2], totals[o][3]);
        const __m256i halves = _mm256_hadd_epi32(low, high);
        add_sums(sums + (size_t)o * n_row, _mm_add_epi32(_mm256_castsi256_si128(halves),
                                                         _mm256_extracti128_si256(halves, 1)));
    }
}

/* How many blocks' products with this signal, at most NARROW_SIGNAL, can be added in 16 bits; 0
 * where it is larger. */
static size_t blocks_in_16_bits(size_t n, const int8_t *signal) {
    int8_t least = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        least = signal[i] < least ? signal[i] : least;
        most = signal[i] > most ? signal[i] : most;
    }
    const int size = most > -least ? most : -least;
    return size > NARROW_SIGNAL ? 0 : INT16_MAX / (2 * 255 * (size_t)(size > 0 ? size : 1));
}

static void add_narrow(const struct strip *strip, size_t n_outputs, const int8_t *signal,
                       size_t n_row, int32_t *sums) {
    for (size_t o = 0, n; o < n_outputs; o += n) {
        n = tile_outputs(n_outputs - o, NARROW_OUTPUTS);
        CALL_TILE(narrow_tile, n, strip, signal + o * SYNRL_LANES, n_row, sums + o * n_row)
    }
}

static void add_wide(const struct strip *strip, size_t n_outputs, const int8_t *signal,
                     size_t n_row, int32_t *sums) {
    for (size_t o = 0; o < n_outputs; o += WIDE_OUTPUTS) {
        const int8_t *some = signal + o * SYNRL_LANES;
        if (n_outputs - o > 1) {
            wide_tile(WIDE_OUTPUTS, strip, some, n_row, sums + o * n_row);
        } else {
            wide_tile(1, strip, some, n_row, sums + o * n_row);
        }
    }
}

static void correlate(const struct correlation *c, size_t n_row, int32_t *sums) {
    const size_t n_exact = blocks_in_16_bits(c->n_blocks * c->n_outputs * SYNRL_LANES, c->signal);
    if (n_exact > 0) {
        correlate_by_strips(turn, add_narrow, c, n_exact, n_row, sums);
    } else {
        correlate_by_strips(turn, add_wide, c, 0, n_row, sums);
    }
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
        .peak = peak,
        .exp = avx2_exp,
        .log = avx2_log,
        .sin = avx2_sin,
        .cos = avx2_cos,
        .choose = choose,
        .count_changes = common_count_changes,
        .dense = dense,
        .sparse = sparse,
        .correlate = correlate,
        .correlate_floats = common_correlate_floats,
        COMMON_KERNELS,
        WATCH_KERNELS,
    };
    return __builtin_cpu_supports("avx2") ? &kernels : NULL;
}

#else

const struct kernels *kernels_avx2(void) {
    return NULL;
}

#endif
