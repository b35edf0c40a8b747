/* SPDX-License-Identifier: MIT */
/* The functions that kernels_avx512.c puts into its table where the CPU supports AMX. */
#ifndef KERNELS_AMX_H
#define KERNELS_AMX_H

#include "engine/kernels.h"

/* Whether this process may use the tile registers; requests permission from the system. */
bool amx_is_there(void);
uint64_t amx_peak(uint64_t rounds); /* see engine_peak */
/* See struct kernels. */
void amx_dense(size_t n_outputs, size_t n_groups, size_t n_blocks, const uint8_t *groups,
               const int8_t *actions, size_t stride, int32_t *sums);

#endif
