/* The inner loops in plain C: what every machine can do, and what the others are compared with. */
#include <Random123/philox.h>
#include <sleef.h>

#include "kernels_common.h"

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

static int32_t dot(size_t n_groups, const uint8_t *lane, const int8_t *actions) {
    int32_t sum = 0;
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t j = 0; j < GROUP; j++) {
            sum += lane[g * GROUP * SYNRL_LANES + j] * actions[g * GROUP + j];
        }
    }
    return sum;
}

static void dense(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
                  const int8_t *actions, size_t stride, int32_t *sums) {
    for (size_t b = 0; b < n_blocks; b++, groups += n_groups * GROUP * SYNRL_LANES) {
        for (size_t o = 0; o < n_outputs; o++) {
            for (size_t s = 0; s < SYNRL_LANES; s++) {
                sums[b * stride + o * SYNRL_LANES + s] +=
                    dot(n_groups, groups + s * GROUP, actions + o * n_groups * GROUP);
            }
        }
    }
}

static void sparse_tile(const struct change *change, size_t output, const uint8_t *rows,
                        int32_t total[TILE]) {
    const int8_t *actions = change->actions + output * change->n_inputs;
    const int16_t *counters = change->counters + output * change->n_inputs;
    memset(total, 0, TILE * sizeof *total);
    for (size_t i = 0; i < change->n_inputs; i++) {
        const int32_t difference = actions[i] - change->c * ((counters[i] & 3) - 1);
        const uint8_t *row = rows + i * TILE;
        for (size_t q = 0; difference != 0 && q < TILE; q += QUAD * SYNRL_LANES) {
            for (size_t b = 0; b < QUAD; b++) {
                for (size_t s = 0; s < SYNRL_LANES; s++) {
                    total[q + b * SYNRL_LANES + s] += difference * row[q + s * QUAD + b];
                }
            }
        }
    }
}

static void sparse(const struct change *change, bool backwards, const uint8_t *rows,
                   size_t n_blocks, int32_t *deltas, int32_t *sums) {
    const size_t stride = change->n_outputs * SYNRL_LANES;
    for (size_t i = 0; i < n_blocks; i += TILE_BLOCKS) {
        const size_t tile = backwards ? (n_blocks - 1 - i) / TILE_BLOCKS * TILE_BLOCKS : i;
        for (size_t o = 0; o < change->n_outputs; o++) {
            int32_t total[TILE];
            sparse_tile(change, o, rows + tile / TILE_BLOCKS * change->n_inputs * TILE, total);
            for (size_t b = tile; b < n_blocks && b < tile + TILE_BLOCKS; b++) {
                for (size_t s = 0; s < SYNRL_LANES; s++) {
                    const size_t at = b * stride + o * SYNRL_LANES + s;
                    deltas[at] = change->c * deltas[at] + total[(b - tile) * SYNRL_LANES + s];
                    sums[at] += deltas[at];
                }
            }
        }
    }
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
        .sparse_worth = 5,
        .words = words,
        .exp = scalar_exp,
        .log = scalar_log,
        .tanh = common_tanh,
        .sin = scalar_sin,
        .cos = scalar_cos,
        .log_sum_exp = common_log_sum_exp,
        .tally = common_tally,
        .choose = common_choose,
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
    return &kernels;
}
