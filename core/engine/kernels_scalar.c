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
        .sparse = common_sparse,
        .recount = common_recount,
        .base = common_base,
        .finish = common_finish,
        .affine = common_affine,
    };
    return &kernels;
}
