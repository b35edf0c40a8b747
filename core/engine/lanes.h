/* SYNRL_LANES values side by side, by the compilers' vector extension: one AVX-512 register, two of
 * AVX2, four of SSE2. Arithmetic is lane by lane, so the width of the registers cannot change a
 * bit. */
#ifndef LANES_H
#define LANES_H

#include <stdint.h>
#include <string.h>

#include "synrl/loss.h"

typedef float lanes_f32 __attribute__((vector_size(4 * SYNRL_LANES)));
typedef int32_t lanes_i32 __attribute__((vector_size(4 * SYNRL_LANES)));
typedef uint32_t lanes_u32 __attribute__((vector_size(4 * SYNRL_LANES)));

/* Loads and stores of any alignment. Macros: a vector passed by value would have an ABI of its own
 * for each instruction set. */
#define LANES_LOAD(lanes, from) memcpy(&(lanes), (from), sizeof(lanes))
#define LANES_STORE(to, lanes) memcpy((to), &(lanes), sizeof(lanes))

#endif
