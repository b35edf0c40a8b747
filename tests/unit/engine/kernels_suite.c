/* SPDX-License-Identifier: MIT */
/* Inner loops of every variant that this machine has, against plain loops. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/fixed_point.h"
#include "engine/isa.h"
#include "support/test.h"

SUITE("kernels");

static const char *const variants[] = {"scalar", "avx2", "avx512", "amx"};
enum { N_VARIANTS = 4, N_ROWS = 11, N = N_ROWS * SYNRL_LANES };

#define EACH_VARIANT(kernels)                                 \
    const struct kernels *kernels = NULL;                     \
    for (size_t variant = 0; variant < N_VARIANTS; variant++) \
        if (((kernels) = kernels_named(variants[variant])) != NULL)

static uint32_t draw(uint32_t *state) {
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

TEST(noise_moves_each_lane_by_its_bit) {
    uint32_t words[N_ROWS], state = 1;
    float start[N], z[N];
    for (size_t o = 0; o < N_ROWS; o++) {
        words[o] = draw(&state) ^ draw(&state) << 16;
    }
    for (size_t i = 0; i < N; i++) {
        start[i] = (float)draw(&state) * 0x1p-24F - 0.5F;
    }
    EACH_VARIANT(kernels) {
        for (size_t n = 0; n <= N_ROWS; n++) {
            memcpy(z, start, sizeof z);
            kernels->add_noise(n, words, 0.3F, z);
            for (size_t i = 0; i < N; i++) {
                const bool is_up = (words[i / SYNRL_LANES] >> i % SYNRL_LANES & 1) != 0;
                const float moved = is_up ? start[i] + 0.3F : start[i] - 0.3F;
                ck_assert(z[i] == (i < n * SYNRL_LANES ? moved : start[i]));
            }
        }
    }
}

/* An output of -0 or NaN is not active, one that is infinite or tiny is. */
TEST(a_signal_is_kept_where_its_unit_is_active) {
    static const float outputs[] = {0.0F,        -0.0F,        1.0F, -1.0F,
                                    FLT_MIN / 4, -FLT_MIN / 4, NAN,  INFINITY};
    static const bool is_active[] = {false, false, true, true, true, true, false, true};
    float y[N];
    int8_t signal[N], active[N];
    uint32_t state = 2, which[N];
    for (size_t i = 0; i < N; i++) {
        which[i] = draw(&state) % 8;
        y[i] = outputs[which[i]];
        signal[i] = (int8_t)(draw(&state) % 256 - 128);
    }
    EACH_VARIANT(kernels) {
        kernels->where_active(N_ROWS, y, signal, active);
        for (size_t i = 0; i < N; i++) {
            ck_assert_int_eq(active[i], is_active[which[i]] ? signal[i] : 0);
        }
    }
}

TEST(signals_are_added_by_rows) {
    int8_t signal[N];
    uint32_t state = 3;
    for (size_t i = 0; i < N; i++) { /* the extremes too */
        signal[i] = (int8_t)(i < SYNRL_LANES       ? -128
                             : i < 2 * SYNRL_LANES ? 127
                                                   : (int)(draw(&state) % 256) - 128);
    }
    EACH_VARIANT(kernels) {
        int64_t sums[N_ROWS];
        for (size_t o = 0; o < N_ROWS; o++) {
            sums[o] = (int64_t)o << 40;
        }
        kernels->add_signal(N_ROWS, signal, sums);
        for (size_t o = 0; o < N_ROWS; o++) {
            int64_t sum = (int64_t)o << 40;
            for (size_t s = 0; s < SYNRL_LANES; s++) {
                sum += signal[o * SYNRL_LANES + s];
            }
            ck_assert_int_eq(sums[o], sum);
        }
    }
}

TEST(values_are_turned) {
    enum { N_INPUTS_MAX = 19, STRIDE = 32 };
    float x[N_INPUTS_MAX * SYNRL_LANES], turned[SYNRL_LANES * STRIDE];
    for (size_t i = 0; i < N_INPUTS_MAX * SYNRL_LANES; i++) {
        x[i] = (float)i;
    }
    EACH_VARIANT(kernels) {
        for (size_t n = 1; n <= N_INPUTS_MAX; n++) {
            for (size_t i = 0; i < SYNRL_LANES * STRIDE; i++) {
                turned[i] = -1.0F;
            }
            kernels->turn(n, STRIDE, x, turned);
            for (size_t i = 0; i < SYNRL_LANES * STRIDE; i++) {
                const size_t input = i % STRIDE, sample = i / STRIDE;
                ck_assert(turned[i] == (input < n ? x[input * SYNRL_LANES + sample] : -1.0F));
            }
        }
    }
}

/* Halves, which round to even; large and small numbers; and what has to be refused: more than 51
 * bits, more than the limit, not finite. */
TEST(fixed_point_sums_are_those_of_single_values) {
    enum { N_VALUES = 37 };
    static const float refused[] = {NAN, INFINITY, -INFINITY, 0x1p28F, -0x1p28F, 3.0F};
    static const double limits[] = {0x1p62, 0x1p62, 0x1p62, 0x1p62, 0x1p62, 2.0 * FIXED_POINT_UNIT};
    float values[N_VALUES];
    uint32_t state = 4;
    for (size_t i = 0; i < N_VALUES; i++) {
        const int exponent = (int)(draw(&state) % 40) - 30;
        values[i] = ldexpf((float)draw(&state) * 0x1p-23F - 1.0F, i % 3 == 0     ? 1
                                                                  : exponent < 0 ? exponent
                                                                                 : 0);
        values[i] = i % 5 == 1 ? ((float)(draw(&state) % 64) + 0.5F) * 0x1p-24F : values[i];
    }
    EACH_VARIANT(kernels) {
        for (size_t n = 0; n <= N_VALUES; n++) {
            int64_t sums[N_VALUES], expected[N_VALUES];
            for (size_t i = 0; i < N_VALUES; i++) {
                sums[i] = expected[i] = (int64_t)i * 1000003 - 7;
                ck_assert(i >= n || fixed_point_add(&expected[i], (double)values[i], 0x1p62));
            }
            ck_assert(kernels->add_fixed_point(n, values, 0x1p62, sums));
            ck_assert_mem_eq(sums, expected, sizeof sums);
        }
        for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
            for (size_t at = 0; at < N_VALUES; at += 4) {
                int64_t sums[N_VALUES] = {0}, none[N_VALUES] = {0};
                const float before = values[at];
                values[at] = refused[k];
                ck_assert(!kernels->add_fixed_point(N_VALUES, values, limits[k], sums));
                ck_assert_mem_eq(sums, none, sizeof sums);
                values[at] = before;
            }
        }
    }
}

/* Signals of sizes at which the sums of 16 bits change their length, and shapes that fill neither
 * strips nor tiles. */
TEST(correlations_are_sums_of_products) {
    enum { N_BLOCKS_MAX = 70, N_OUTPUTS_MAX = 37, N_GROUPS = 3 };
    static const size_t n_blocks[] = {1, 16, 49, N_BLOCKS_MAX},
                        n_outputs[] = {1, 6, 7, N_OUTPUTS_MAX};
    static const int sizes[] = {1, 2, 5, 16, 17, 127};
    static uint8_t groups[N_BLOCKS_MAX * N_GROUPS * GROUP * SYNRL_LANES];
    static int8_t signal[N_BLOCKS_MAX * N_OUTPUTS_MAX * SYNRL_LANES];
    uint32_t state = 5;
    for (size_t i = 0; i < sizeof groups; i++) { /* all bytes large: sums that do not fit show */
        groups[i] = (uint8_t)(255 - draw(&state) % (i % 2 == 0 ? 256 : 2));
    }
    for (size_t c = 0; c < 4 * 4 * 6; c++) {
        const struct correlation correlation = {.n_outputs = n_outputs[c % 4],
                                                .n_groups = N_GROUPS,
                                                .n_blocks = n_blocks[c / 4 % 4],
                                                .stride = N_GROUPS * GROUP * SYNRL_LANES,
                                                .groups = groups,
                                                .signal = signal};
        const size_t outputs = correlation.n_outputs;
        int32_t expected[N_OUTPUTS_MAX * N_GROUPS * GROUP] = {0};
        for (size_t i = 0; i < sizeof signal; i++) {
            const int size = sizes[c / 16];
            signal[i] = (int8_t)(draw(&state) % 4 == 0 ? -size : size);
        }
        for (size_t b = 0; b < correlation.n_blocks; b++) {
            for (size_t o = 0; o < outputs; o++) {
                for (size_t i = 0; i < N_GROUPS * GROUP * SYNRL_LANES; i++) {
                    const size_t s = i / GROUP % SYNRL_LANES;
                    const size_t input = i / (GROUP * SYNRL_LANES) * GROUP + i % GROUP;
                    expected[o * N_GROUPS * GROUP + input] +=
                        groups[b * correlation.stride + i] *
                        signal[(b * outputs + o) * SYNRL_LANES + s];
                }
            }
        }
        EACH_VARIANT(kernels) {
            int32_t sums[N_OUTPUTS_MAX * N_GROUPS * GROUP] = {0};
            kernels->correlate(&correlation, N_GROUPS * GROUP, sums);
            ck_assert_mem_eq(sums, expected, sizeof sums);
        }
    }
}
