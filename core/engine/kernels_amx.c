/* SPDX-License-Identifier: MIT */
/* The dense path for AMX: tiles of 16 rows of 64 bytes, multiplied by one instruction. Compiled for
 * AMX; called where the CPU supports it and the system permits its use.
 *
 * The packed batch has the right order already: 16 groups of a block are a tile of bytes [16
 * groups][16 samples][4], 16 outputs' actions for them a tile [16 outputs][64], and their product
 * adds to a tile of sums [16 outputs][16 samples]. */
#include "engine/kernels_amx.h"

#if (defined(__AMX_INT8__) || defined(__AMXINT8__)) && defined(__linux__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TILE_ROWS = 16, ROW_BYTES = 64, LINE = GROUP * SYNRL_LANES };

/* The registers, by their contents: macros, since gcc pastes them into the instruction's text.
 * Outputs are processed in one or two sets of up to 16; "rest" are the groups after the last 16. */
#define SUMS 0
#define SUMS_2 1
#define ACTIONS 2
#define ACTIONS_2 3
#define BYTES 4
#define REST_ACTIONS 5
#define REST_ACTIONS_2 6
#define REST_BYTES 7
enum { N_REGISTERS = 8 };

bool amx_is_there(void) {
    enum { TILE_BIT = 24, INT8_BIT = 25, REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> TILE_BIT & 1) != 0 &&
           (d >> INT8_BIT & 1) != 0 && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

/* The shapes of the registers, in the processor's format of 64 bytes. */
struct shapes {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

static void set_shapes(size_t n_first, size_t n_second, size_t n_rest) {
    const uint8_t rows[N_REGISTERS] = {[SUMS] = (uint8_t)n_first,
                                       [SUMS_2] = (uint8_t)n_second,
                                       [ACTIONS] = (uint8_t)n_first,
                                       [ACTIONS_2] = (uint8_t)n_second,
                                       [BYTES] = TILE_ROWS,
                                       [REST_ACTIONS] = (uint8_t)n_first,
                                       [REST_ACTIONS_2] = (uint8_t)n_second,
                                       [REST_BYTES] = (uint8_t)n_rest};
    struct shapes shapes = {.palette = 1};
    for (size_t i = 0; i < N_REGISTERS; i++) {
        const bool is_rest = i == REST_ACTIONS || i == REST_ACTIONS_2;
        shapes.rows[i] = rows[i];
        shapes.row_bytes[i] = (uint16_t)(is_rest ? n_rest * GROUP : ROW_BYTES);
        if (shapes.rows[i] == 0 || shapes.row_bytes[i] == 0) { /* not used */
            shapes.rows[i] = 0;
            shapes.row_bytes[i] = 0;
        }
    }
    __asm__ volatile("" : : "m"(shapes)); /* gcc assumes that only the first bytes are read below */
    _tile_loadconfig(&shapes);
}

uint64_t amx_peak(uint64_t rounds) {
    enum { SUMS_AT_ONCE = 4 }; /* independent, to hide the instruction's latency */
    set_shapes(TILE_ROWS, TILE_ROWS, TILE_ROWS); /* and clears all registers */
    for (uint64_t round = 0; round < rounds; round++) {
        _tile_dpbsud(SUMS, BYTES, REST_BYTES);
        _tile_dpbsud(SUMS_2, BYTES, REST_BYTES);
        _tile_dpbsud(ACTIONS, BYTES, REST_BYTES);
        _tile_dpbsud(ACTIONS_2, BYTES, REST_BYTES);
    }
    _tile_release();
    return rounds * SUMS_AT_ONCE * TILE_ROWS * TILE_ROWS * ROW_BYTES;
}

/* One block: one set of outputs, or two if `both`. */
static inline __attribute__((always_inline)) void
dense_block(bool both, size_t n_groups, const uint8_t *groups, const int8_t *actions,
            const int8_t *actions_2, int32_t *sums, int32_t *sums_2) {
    const size_t row = n_groups * GROUP, n_whole = n_groups / TILE_ROWS * TILE_ROWS;
    _tile_loadd(SUMS, sums, ROW_BYTES);
    if (both) {
        _tile_loadd(SUMS_2, sums_2, ROW_BYTES);
    }
    for (size_t g = 0; g < n_whole; g += TILE_ROWS) {
        _tile_loadd(BYTES, groups + g * LINE, LINE);
        _tile_loadd(ACTIONS, actions + g * GROUP, row);
        _tile_dpbsud(SUMS, ACTIONS, BYTES);
        if (both) {
            _tile_loadd(ACTIONS_2, actions_2 + g * GROUP, row);
            _tile_dpbsud(SUMS_2, ACTIONS_2, BYTES);
        }
    }
    if (n_whole < n_groups) {
        _tile_loadd(REST_BYTES, groups + n_whole * LINE, LINE);
        _tile_loadd(REST_ACTIONS, actions + n_whole * GROUP, row);
        _tile_dpbsud(SUMS, REST_ACTIONS, REST_BYTES);
        if (both) {
            _tile_loadd(REST_ACTIONS_2, actions_2 + n_whole * GROUP, row);
            _tile_dpbsud(SUMS_2, REST_ACTIONS_2, REST_BYTES);
        }
    }
    _tile_stored(SUMS, sums, ROW_BYTES);
    if (both) {
        _tile_stored(SUMS_2, sums_2, ROW_BYTES);
    }
}

void amx_dense(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
               const int8_t *actions, size_t stride, int32_t *sums) {
    for (size_t o = 0; o < n_outputs; o += 2 * TILE_ROWS) {
        const size_t n = n_outputs - o < 2 * TILE_ROWS ? n_outputs - o : 2 * TILE_ROWS;
        const size_t n_first = n < TILE_ROWS ? n : TILE_ROWS;
        const int8_t *first = actions + o * n_groups * GROUP;
        const int8_t *second = first + n_first * n_groups * GROUP;
        set_shapes(n_first, n - n_first, n_groups % TILE_ROWS);
        for (size_t b = 0; b < n_blocks; b++) {
            const uint8_t *block = groups + b * n_groups * LINE;
            int32_t *to = sums + b * stride + o * SYNRL_LANES;
            if (n > n_first) {
                dense_block(true, n_groups, block, first, second, to, to + n_first * SYNRL_LANES);
            } else {
                dense_block(false, n_groups, block, first, NULL, to, NULL);
            }
        }
    }
    _tile_release();
}

#else

bool amx_is_there(void) {
    return false;
}

uint64_t amx_peak(uint64_t rounds) {
    (void)rounds;
    return 0;
}

void amx_dense(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
               const int8_t *actions, size_t stride, int32_t *sums) {
    (void)n_outputs, (void)n_groups, (void)n_blocks, (void)groups, (void)actions, (void)stride;
    (void)sums;
}

#endif
