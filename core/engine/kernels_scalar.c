/* SPDX-License-Identifier: MIT */
/* The inner loops in plain C, for any machine, with vectors of the narrowest width. */
#include "engine/kernels.h"

#include <Random123/philox.h>
#include <sleef.h>

#include "engine/kernels_correlate.h"
#include "engine/kernels_sparse.h"
#include "engine/kernels_watch.h"

static void words(synrl_stream stream, uint64_t first_group, size_t n_groups, uint32_t *out) {
    const philox4x32_key_t key = {{(uint32_t)stream.seed, (uint32_t)(stream.seed >> 32)}};
    for (size_t g = 0; g < n_groups; g++) {
        for (uint32_t lane = 0; lane < 16; lane++) {
            const philox4x32_ctr_t counter = {{(uint32_t)((first_group + g) * 16) + lane,
                                               (uint32_t)stream.iteration,
                                               (uint32_t)(stream.iteration >> 32), stream.purpose}};
            const philox4x32_ctr_t word = philox4x32(counter, key);
            for (size_t w = 0; w < 4; w++) {
                out[g * 64 + w * 16 + lane] = word.v[w];
            }
        }
    }
}

/* Two 16-bit words per lane: sums of products of bytes, to which a group adds at most 2 * 255. */
typedef int16_t lanes_words __attribute__((vector_size(4 * WIDTH)));
typedef uint16_t lanes_bytes __attribute__((vector_size(4 * WIDTH))); /* two bytes per word */

enum { GROUPS_IN_16_BITS = 64, DENSE_OUTPUTS = 4 };

/* A group's actions in the order of a lane's bytes: those of inputs 0 and 2, and of 1 and 3. */
struct spread {
    lanes_words even, odd;
};

static void spread_actions(size_t n, size_t n_groups, const int8_t *actions, size_t stride,
                           struct spread *spread) {
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t o = 0; o < n; o++) {
            const int8_t *four = actions + o * stride + g * GROUP;
            struct spread *to = &spread[g * n + o];
            for (size_t word = 0; word < 2 * WIDTH; word++) {
                to->even[word] = four[word % 2 * 2];
                to->odd[word] = four[word % 2 * 2 + 1];
            }
        }
    }
}

/* For n outputs and a part of one block's lanes, over groups whose sums fit. */
ALWAYS_INLINE void dense_part(const int n, size_t n_groups, const uint8_t *groups,
                              const struct spread *spread, int32_t *sums) {
    lanes_words words[DENSE_OUTPUTS];
    UNROLLED
    for (int o = 0; o < n; o++) {
        words[o] = (lanes_words){0};
    }
    for (size_t g = 0; g < n_groups; g++, spread += n) {
        lanes_bytes bytes;
        LANES_LOAD(bytes, groups + g * GROUP * SYNRL_LANES);
        const lanes_words even = (lanes_words)(bytes & 255), odd = (lanes_words)(bytes >> 8);
        UNROLLED
        for (int o = 0; o < n; o++) {
            words[o] += even * spread[o].even + odd * spread[o].odd;
            KEEP_IN_REGISTER(words[o]);
        }
    }
    UNROLLED
    for (int o = 0; o < n; o++) {
        lanes_i32 sum;
        const lanes_i32 pairs = (lanes_i32)words[o];
        LANES_LOAD(sum, sums + o * SYNRL_LANES);
        sum += (lanes_i32)((lanes_u32)pairs << 16) >> 16;
        sum += pairs >> 16;
        LANES_STORE(sums + o * SYNRL_LANES, sum);
    }
}

ALWAYS_INLINE void dense_tile(const int n, size_t n_groups, size_t n_blocks, const uint8_t *groups,
                              const int8_t *actions, size_t stride, int32_t *sums) {
    struct spread spread[GROUPS_IN_16_BITS * DENSE_OUTPUTS];
    for (size_t first = 0, left; first < n_groups; first += GROUPS_IN_16_BITS) {
        left = n_groups - first < GROUPS_IN_16_BITS ? n_groups - first : GROUPS_IN_16_BITS;
        spread_actions((size_t)n, left, actions + first * GROUP, n_groups * GROUP, spread);
        for (size_t b = 0; b < n_blocks; b++) {
            EACH_LANE(lane) {
                const size_t at = (b * n_groups + first) * SYNRL_LANES + lane;
                dense_part(n, left, groups + at * GROUP, spread, sums + b * stride + lane);
            }
        }
    }
}

static void dense(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
                  const int8_t *actions, size_t stride, int32_t *sums) {
    for (size_t o = 0, n; o < n_outputs; o += n) {
        const int8_t *some = actions + o * n_groups * GROUP;
        int32_t *to = sums + o * SYNRL_LANES;
        n = tile_outputs(n_outputs - o, DENSE_OUTPUTS);
        switch (n) {
        case 1:
            dense_tile(1, n_groups, n_blocks, groups, some, stride, to);
            break;
        case 2:
            dense_tile(2, n_groups, n_blocks, groups, some, stride, to);
            break;
        case 3:
            dense_tile(3, n_groups, n_blocks, groups, some, stride, to);
            break;
        default:
            dense_tile(DENSE_OUTPUTS, n_groups, n_blocks, groups, some, stride, to);
            break;
        }
    }
}

static void sparse(const struct change *change, bool is_reversed, const uint8_t *rows,
                   size_t n_blocks, int32_t *deltas, int32_t *sums) {
    sparse_by_lists(common_list_changes, change, is_reversed, rows, n_blocks, deltas, sums);
}

static void turn(const uint8_t *group, uint8_t *turned) {
    for (size_t i = 0; i < GROUP; i++) {
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            turned[i * SYNRL_LANES + s] = group[s * GROUP + i];
        }
    }
}

static void add_strip(const struct strip *strip, size_t n_outputs, const int8_t *signal,
                      size_t n_row, int32_t *sums) {
    for (size_t o = 0; o < n_outputs; o++) {
        for (size_t i = 0; i < GROUP; i++) {
            const int8_t *g = signal + o * SYNRL_LANES;
            int32_t sum = 0;
            for (size_t b = 0; b < strip->n_blocks; b++, g += strip->stride) {
                for (size_t s = 0; s < SYNRL_LANES; s++) {
                    sum += (int16_t)strip->bytes[b][i][s] * (int16_t)g[s];
                }
            }
            sums[o * n_row + i] += sum;
        }
    }
}

static void correlate(const struct correlation *correlation, size_t n_row, int32_t *sums) {
    correlate_by_strips(turn, add_strip, correlation, 0, n_row, sums);
}

#define FUNCTION(name, accuracy)                                    \
    static void scalar_##name(size_t n, const float *x, float *y) { \
        for (size_t i = 0; i < n; i++) {                            \
            y[i] = Sleef_cinz_##name##f1_##accuracy##purec(x[i]);   \
        }                                                           \
    }
FUNCTION(exp, u10)
FUNCTION(log, u35)
FUNCTION(sin, u35)
FUNCTION(cos, u35)

const struct kernels *kernels_scalar(void) {
    static const struct kernels kernels = {
        .name = "scalar",
        .sparse_threshold = 5,
        .words = words,
        .exp = scalar_exp,
        .log = scalar_log,
        .sin = scalar_sin,
        .cos = scalar_cos,
        .choose = common_choose,
        .count_changes = common_count_changes,
        .dense = dense,
        .sparse = sparse,
        .correlate = correlate,
        .correlate_floats = common_correlate_floats,
        COMMON_KERNELS,
        WATCH_KERNELS,
    };
    return &kernels;
}
