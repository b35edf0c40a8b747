/* SPDX-License-Identifier: MIT */
/* Vectors of WIDTH lanes, by the compilers' vector extension: as many as fit in a register of the
 * instruction set for which the including file is compiled. A block's SYNRL_LANES samples are one
 * register of AVX-512, two of AVX2, four of SSE2. Arithmetic is lane by lane, so the width cannot
 * change a bit. */
#ifndef LANES_H
#define LANES_H

#include <stdint.h>
#include <string.h>

#include "synrl/loss.h"

#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define WIDTH 8
#else
#define WIDTH 4
#endif

typedef float lanes_f32 __attribute__((vector_size(4 * WIDTH)));
typedef int32_t lanes_i32 __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t lanes_u32 __attribute__((vector_size(4 * WIDTH)));

/* Unaligned loads and stores. Macros, since passing a vector by value has a different ABI for each
 * instruction set. */
#define LANES_LOAD(lanes, from) memcpy(&(lanes), (from), sizeof(lanes))
#define LANES_STORE(to, lanes) memcpy((to), &(lanes), sizeof(lanes))

/* Pins a vector to a register by an empty assembler statement: otherwise gcc 12 loads a value again
 * that is used twice, and keeps the sums of unrolled loops in memory or copies them around. */
#if defined(__x86_64__)
#define KEEP_IN_REGISTER(lanes) __asm__("" : "+v"(lanes))
#elif defined(__aarch64__)
#define KEEP_IN_REGISTER(lanes) __asm__("" : "+w"(lanes))
#else
#define KEEP_IN_REGISTER(lanes) ((void)0)
#endif

/* a where a > b, else b (also where one is NaN), which is one instruction on x86. */
#if WIDTH == 8
#define LANES_MAX(a, b) ((lanes_f32)_mm256_max_ps((__m256)(a), (__m256)(b)))
#else
#define LANES_MAX(a, b) \
    ((lanes_f32)(((lanes_i32)(a) & ((a) > (b))) | ((lanes_i32)(b) & ~((a) > (b)))))
#endif

/* Loops over a block's lanes, WIDTH at a time. */
#define EACH_LANE(lane) for (size_t lane = 0; (lane) < SYNRL_LANES; (lane) += WIDTH)

#endif
